// Knows which calls are out on which lane, and since when.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <utility>

#include "engine/authoring/clock.h"
#include "engine/ports/lanes.h"

namespace pawl::engine {

/// Passes everything on to the lanes, and remembers each call from when it was submitted until its report has arrived.
/// Engine's thread only; outlived by the lanes.
class LaneWatch final : public Lanes {
 public:
  LaneWatch(Lanes& lanes, const Clock& clock) : lanes_(lanes), clock_(clock) {}

  void submit(LaneId lane, std::function<void()> work, std::function<void()> report) override {
    std::multiset<Timestamp>& out = out_[lane];
    const auto call = out.insert(clock_.now());  // first: what is submitted reports, and what throws was not
    try {
      lanes_.submit(lane, std::move(work), [&out, call, report = std::move(report)] {
        out.erase(call);
        report();
      });
    } catch (...) {  // as if it had never been
      out.erase(call);
      throw;
    }
  }
  void poll(Duration at_most) override { lanes_.poll(at_most); }
  void stop(const std::function<void()>& interrupt) override { lanes_.stop(interrupt); }

  /// When the call was submitted that has been out on the lane for longest; none while nothing is out.
  std::optional<Timestamp> oldest(LaneId lane) const {
    const auto out = out_.find(lane);
    if (out == out_.end() || out->second.empty()) return std::nullopt;
    return *out->second.begin();
  }

 private:
  Lanes& lanes_;
  const Clock& clock_;
  std::map<LaneId, std::multiset<Timestamp>> out_;
};

}  // namespace pawl::engine
