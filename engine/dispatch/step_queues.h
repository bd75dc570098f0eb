// The queues of all steps, found by execution.
#pragma once

#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/dispatch/step_queue.h"
#include "engine/dispatch/workflow_steps.h"

namespace pawl::engine {

/// Engine's thread only. One queue a step, in the order of the steps.
class StepQueues {
 public:
  /// The steps have lanes of their own from `first_lane` on; `window` as in StepQueue.
  StepQueues(const std::vector<NamedStep>& steps, LaneId first_lane, std::size_t window) {
    for (const auto& [step, name] : steps) {
      by_step_[step] = &queues_.emplace_back(*step, first_lane++, window);
      names_[step] = name;
    }
  }

  StepQueue& of(const Execution& execution) const { return *by_step_.at(execution.step); }
  StepQueue& of(const StepBase& step) const { return *by_step_.at(&step); }
  /// As in named_steps.
  const std::string& name_of(const StepQueue& queue) const { return names_.at(&queue.step()); }

  auto begin() { return queues_.begin(); }
  auto end() { return queues_.end(); }
  auto begin() const { return queues_.begin(); }
  auto end() const { return queues_.end(); }

 private:
  std::deque<StepQueue> queues_;
  std::unordered_map<const StepBase*, StepQueue*> by_step_;
  std::unordered_map<const StepBase*, std::string> names_;
};

}  // namespace pawl::engine
