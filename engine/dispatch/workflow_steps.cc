// Gathers the steps, then names them.
#include "engine/dispatch/workflow_steps.h"

#include <algorithm>
#include <map>
#include <set>

#include "engine/authoring/errors.h"

namespace pawl::engine {

std::vector<NamedStep> named_steps(const std::vector<WorkflowDefinition>& workflows) {
  std::vector<NamedStep> steps;
  std::map<std::string, int> count;
  for (const WorkflowDefinition& workflow : workflows) {
    std::set<std::string> names;
    for (StepBase* step : workflow.steps) {
      if (!names.insert(step->name()).second)
        throw WorkflowBug("register workflow " + workflow.name + ": step " + step->name() + " is declared twice");
      if (std::ranges::find(steps, step, &NamedStep::step) != steps.end()) continue;
      ++count[step->name()];
      steps.push_back({step, workflow.name + "/" + step->name()});
    }
  }
  for (NamedStep& step : steps)
    if (count[step.step->name()] == 1) step.name = step.step->name();
  return steps;
}

const RetryPolicy& retry_of(const WorkflowDefinition& workflow, const StepBase& step) {
  const auto own = workflow.retries.find(&step);
  return own == workflow.retries.end() ? step.options().retry : own->second;
}

}  // namespace pawl::engine
