// Lanes without threads: work runs inside poll, in an order that one seed decides.
#pragma once

#include <deque>
#include <map>
#include <random>
#include <utility>

#include "engine/lanes.h"

namespace pawl::engine {

/// The double of ThreadLanes. Jobs of one lane keep their order, as on a lane with one thread; between lanes the seed
/// chooses, so that every interleaving can be tried and any one repeated.
class InlineLanes final : public Lanes {
 public:
  explicit InlineLanes(std::uint64_t seed = 1) : random_(seed) {}

  void submit(LaneId lane, std::function<void()> work, std::function<void()> report) override {
    if (!stopped_) jobs_[lane].push_back({std::move(work), std::move(report)});
  }

  /// Runs one job and its report, if there is one. Never waits.
  void poll(Duration) override {
    if (jobs_.empty()) return;
    auto lane = jobs_.begin();
    std::advance(lane, std::uniform_int_distribution<std::size_t>(0, jobs_.size() - 1)(random_));
    const auto [work, report] = std::move(lane->second.front());
    lane->second.pop_front();
    if (lane->second.empty()) jobs_.erase(lane);
    work();
    if (!stopped_) report();
  }

  void stop(const std::function<void()>& hurry) override {
    hurry();
    stopped_ = true;
    jobs_.clear();
  }

 private:
  std::map<LaneId, std::deque<std::pair<std::function<void()>, std::function<void()>>>> jobs_;
  std::mt19937_64 random_;
  bool stopped_ = false;
};

}  // namespace pawl::engine
