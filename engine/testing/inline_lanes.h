// Lanes without threads: work runs inside poll, in an order that one seed decides.
#pragma once

#include <deque>
#include <map>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include "engine/ports/lanes.h"

namespace pawl::testing {

/// The double of ThreadLanes. Jobs of one lane keep their order, as on a lane with one thread; between lanes the seed
/// chooses, so that every interleaving can be tried and any one repeated.
class InlineLanes final : public engine::Lanes {
 public:
  explicit InlineLanes(std::uint64_t seed = 1) : random_(seed) {}

  void submit(engine::LaneId lane, std::function<void()> work, std::function<void()> report) override {
    if (!stopped_) jobs_[lane].push_back({std::move(work), std::move(report)});
  }

  /// Runs one job and its report, if there is one. Never waits.
  void poll(engine::Duration) override {
    std::vector<engine::LaneId> ready;
    for (const auto& [lane, jobs] : jobs_)
      if (!jobs.empty() && !stuck_.contains(lane)) ready.push_back(lane);
    if (ready.empty()) return;
    auto& jobs = jobs_[ready[std::uniform_int_distribution<std::size_t>(0, ready.size() - 1)(random_)]];
    const auto [work, report] = std::move(jobs.front());
    jobs.pop_front();
    work();
    if (!stopped_) report();
  }

  /// From now on no call on this lane comes back.
  void stick(engine::LaneId lane) { stuck_.insert(lane); }
  void unstick(engine::LaneId lane) { stuck_.erase(lane); }

  void stop(const std::function<void()>& interrupt) override {
    interrupt();
    stopped_ = true;
    jobs_.clear();
  }

 private:
  std::map<engine::LaneId, std::deque<std::pair<std::function<void()>, std::function<void()>>>> jobs_;
  std::set<engine::LaneId> stuck_;
  std::mt19937_64 random_;
  bool stopped_ = false;
};

}  // namespace pawl::testing
