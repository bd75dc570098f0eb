// The steps of a runner's workflows, each once, under names that tell them apart, and how a workflow tries one again.
#pragma once

#include <string>
#include <vector>

#include "engine/authoring/step.h"
#include "engine/authoring/workflow.h"

namespace pawl::engine {

struct NamedStep {
  StepBase* step;
  std::string name;  ///< The step's own; WORKFLOW/STEP where another workflow has another step of that name.
};

/// In the order of their lanes. One that several workflows share goes by the first of them. Throws WorkflowBug where
/// one workflow has two of one name.
std::vector<NamedStep> named_steps(const std::vector<WorkflowDefinition>& workflows);

/// The workflow's own policy for a step, else the step's.
const RetryPolicy& retry_of(const WorkflowDefinition& workflow, const StepBase& step);

}  // namespace pawl::engine
