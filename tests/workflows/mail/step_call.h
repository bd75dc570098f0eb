// A way to call one step with a batch of its own.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/authoring/step.h"
#include "engine/runs/run_state.h"
#include "tests/workflows/mail/doubles.h"

namespace pawl::mail {

/// Events whose effects may be there already, and one whose cannot, as far as is known.
inline std::vector<engine::Event> fresh_redelivered_and_resumed() {
  std::vector<engine::Event> events(3);
  for (engine::Event& event : events) event.id = kEventId;
  for (engine::Event& event : events) event.deliveries = 1;
  events[1].deliveries = 2;
  events[2].resumes = 1;
  return events;
}

/// A batch for one step, each item in a run of its own.
template <class In, class Out>
class StepCall {
 public:
  explicit StepCall(engine::Step<In, Out>& step, const std::string& workflow = "job") : step_(step) {
    definition_.name = workflow;
  }

  void add(const In& input, const std::string& event_id = kEventId) {
    engine::Event event;
    event.id = event_id;
    event.payload = "{}";
    add(input, event);
  }
  void add(const In& input, const engine::Event& event) {
    engine::StoredRun stored;
    stored.event = event;
    runs_.push_back(std::make_unique<engine::RunState>(definition_, stored));
    items_.push_back(std::make_unique<engine::TypedExecution<In, Out>>(*runs_.back(), step_, step_.key(input), input));
  }

  void execute() {
    std::vector<engine::Execution*> executions;
    for (const auto& item : items_) {
      item->outcome = engine::Unsettled{};
      executions.push_back(item.get());
    }
    step_.execute_untyped(executions);
  }

  const engine::Outcome& outcome(std::size_t index = 0) const { return items_[index]->outcome; }
  const Out& output(std::size_t index = 0) const { return items_[index]->output.value(); }
  bool succeeded(std::size_t index = 0) const { return std::holds_alternative<engine::Succeeded>(outcome(index)); }
  bool settled(std::size_t index = 0) const { return !std::holds_alternative<engine::Unsettled>(outcome(index)); }

 private:
  engine::Step<In, Out>& step_;
  engine::WorkflowDefinition definition_;
  std::vector<std::unique_ptr<engine::RunState>> runs_;
  std::vector<std::unique_ptr<engine::TypedExecution<In, Out>>> items_;
};

}  // namespace pawl::mail
