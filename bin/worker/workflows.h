// Every workflow of this build with its steps: the one place that registers them.
#pragma once

#include <memory>
#include <vector>

#include "bin/settings/settings.h"
#include "engine/authoring/workflow.h"
#include "workflows/notify_sync_failure/workflow.h"

namespace pawl::bin {

/// What the settings say of the workflow that tells of failed syncs. Throws UsageError.
notify_sync_failure::SyncFailureOptions sync_failure_options(const Settings& settings);

/// Owns the steps. Outlives every runner that was given the definitions, over lost leases too.
class Workflows {
 public:
  /// The ports outlive the workflows. Throws UsageError for what a workflow cannot use of the settings.
  Workflows(const notify_sync_failure::SyncFailurePorts& ports, const Settings& settings);

  const std::vector<engine::WorkflowDefinition>& definitions() const { return definitions_; }

 private:
  std::unique_ptr<notify_sync_failure::SyncFailureSteps> sync_failure_;
  std::vector<engine::WorkflowDefinition> definitions_;
};

}  // namespace pawl::bin
