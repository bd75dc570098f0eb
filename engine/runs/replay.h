// Re-executes a workflow's code against a run's checkpoints, with no lanes and so without any effect.
#pragma once

#include <string>
#include <vector>

#include "engine/authoring/workflow.h"
#include "engine/ports/checkpoints.h"

namespace pawl::engine {

struct ReplayReport {
  std::vector<StepSettled> happened;  ///< Checkpoints that the code asked for, in the order in which they settled.
  std::vector<PendingRetry> waiting;  ///< Executions between two attempts.
  std::vector<StepKey> next;          ///< Executions that would start now.
  bool returned = false;              ///< The code reached its end.
  std::string failure;                ///< Why it failed, if it returned so.
  std::vector<StepKey> never_asked;   ///< Checkpoints that the code did not ask for.
  std::string misfit;     ///< Why a worker would park the run instead of going on with it; empty: it would not.
  std::string cancelled;  ///< Of a cancelled run: by whom and why.
  /// Each a sentence: checkpoints that today's code never asks for, outputs it cannot read, an end that differs.
  std::vector<std::string> mismatches;
};

/// Executes no step and sends nothing. Pure: the same code and checkpoints give the same report.
ReplayReport replay(const WorkflowDefinition& workflow, const StoredRun& run);

}  // namespace pawl::engine
