// The workflow `confirm-sync-recovery`: those who were told that a connection had failed are told that it syncs again.
// This file knows the engine and the ports, no database and no transport.
#pragma once

#include <map>

#include "engine/authoring/workflow.h"
#include "workflows/confirm_sync_recovery/find_notified.h"
#include "workflows/depositlink/channels.h"
#include "workflows/depositlink/content/style.h"

namespace pawl::confirm_sync_recovery {

inline constexpr const char* kWorkflowName = "confirm-sync-recovery";

struct RecoveryOptions {
  engine::StepOptions find_notified{.retry = kFindRetry, .refused_subjects_max = 2};
  depositlink::ChannelRetries retries{};
};

/// The steps of the workflow. They outlive every runner, over lost leases too.
struct RecoverySteps {
  /// Directory and channels outlive the steps.
  RecoverySteps(NotifiedUsers& users, depositlink::Channels& channels, depositlink::Style style,
                const RecoveryOptions& options);

  FindNotified find_notified;
  depositlink::CreateInApp& create_in_app;
  mail::SendMail& send_email;
  const depositlink::Style style;
  std::map<const engine::StepBase*, engine::RetryPolicy> retries;  ///< Of the shared steps.
};

/// What main registers. `steps` outlives the runner.
engine::WorkflowDefinition definition(RecoverySteps& steps);

}  // namespace pawl::confirm_sync_recovery
