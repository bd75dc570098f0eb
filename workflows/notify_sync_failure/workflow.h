// The workflow `notify-sync-failure`: a failed sync becomes an urgent in-app notification and an email for every owner
// and admin of the organisation. This file knows the engine and the ports, no database and no transport.
#pragma once

#include <map>
#include <string>

#include "engine/authoring/workflow.h"
#include "workflows/depositlink/channels.h"
#include "workflows/depositlink/content/style.h"
#include "workflows/depositlink/resolve_recipients.h"
#include "workflows/notify_sync_failure/content/failure_writer.h"

namespace pawl::notify_sync_failure {

inline constexpr const char* kWorkflowName = "notify-sync-failure";

struct SyncFailureOptions {
  std::string mail_templates = {};  ///< A directory, as MailTemplates reads it; may be empty.
  engine::StepOptions resolve_recipients{.refused_subjects_max = 2};
  depositlink::ChannelRetries retries{};
};

/// The look of mails. Throws engine::RefusedError for templates that cannot be used.
EmailStyle email_style(const depositlink::Style& style, const SyncFailureOptions& options);

/// The steps of the workflow, and what writes its mails. They outlive every runner, over lost leases too.
struct SyncFailureSteps {
  /// Directory and channels outlive the steps. Throws engine::RefusedError for whatever of `options` cannot be used.
  SyncFailureSteps(depositlink::RecipientDirectory& directory, depositlink::Channels& channels,
                   const depositlink::Style& style, const SyncFailureOptions& options);

  depositlink::ResolveRecipients resolve_recipients;
  depositlink::CreateInApp& create_in_app;
  mail::SendMail& send_email;
  FailureWriter writer;
  std::map<const engine::StepBase*, engine::RetryPolicy> retries;  ///< Of the shared steps.
};

/// What main registers. `steps` outlives the runner.
engine::WorkflowDefinition definition(SyncFailureSteps& steps);

}  // namespace pawl::notify_sync_failure
