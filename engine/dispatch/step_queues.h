// The queues of all steps, found by execution.
#pragma once

#include <deque>
#include <unordered_map>
#include <vector>

#include "engine/dispatch/step_queue.h"

namespace pawl::engine {

/// Engine's thread only. One queue a step, in the order of the steps.
class StepQueues {
 public:
  /// The steps have lanes of their own from `first_lane` on; `window` as in StepQueue.
  StepQueues(const std::vector<StepBase*>& steps, LaneId first_lane, std::size_t window) {
    for (StepBase* step : steps) by_step_[step] = &queues_.emplace_back(*step, first_lane++, window);
  }

  StepQueue& of(const Execution& execution) const { return *by_step_.at(execution.step); }

  auto begin() { return queues_.begin(); }
  auto end() { return queues_.end(); }
  auto begin() const { return queues_.begin(); }
  auto end() const { return queues_.end(); }

 private:
  std::deque<StepQueue> queues_;
  std::unordered_map<const StepBase*, StepQueue*> by_step_;
};

}  // namespace pawl::engine
