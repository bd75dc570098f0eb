// The workflow `notify-sync-failure`: a failed sync becomes an urgent in-app notification and an email for every owner
// and admin of the organisation. This folder knows the engine and the ports, no database and no transport.
#pragma once

#include <string>

#include "engine/authoring/workflow.h"
#include "workflows/mail/message/mailer.h"
#include "workflows/notify_sync_failure/create_in_app.h"
#include "workflows/notify_sync_failure/resolve_recipients.h"
#include "workflows/notify_sync_failure/send_email.h"

namespace pawl::notify_sync_failure {

inline constexpr const char* kWorkflowName = "notify-sync-failure";

/// Not owned; all outlive the steps. The mailer is used by the step `send-email` alone.
struct SyncFailurePorts {
  RecipientDirectory& directory;
  Inbox& inbox;
  mail::MailLedger& ledger;
  mail::Mailer& mailer;
};

/// Waits of send-email between attempts: a relay may be down for hours, and its recipients must not be hammered.
inline constexpr engine::RetryPolicy kMailRetry{.first = std::chrono::seconds{5},
                                                .longest = std::chrono::minutes{30},
                                                .max_attempts = 0,
                                                .give_up_after = std::chrono::hours{24},
                                                .full_jitter = true};

struct SyncFailureOptions {
  std::string app_url;              ///< See AppUrl for what is accepted.
  std::string connection_url = {};  ///< A pattern, as AppUrl takes it; may be empty, as may the following.
  std::string time_zone = {};       ///< As TimeZone finds it; empty: UTC.
  std::string brand_name = {};      ///< As Brand takes it, and the other two.
  std::string brand_logo_url = {};
  std::string brand_color = {};
  std::string mail_templates = {};  ///< A directory, as MailTemplates reads it.
  Sender sender;
  engine::StepOptions resolve_recipients{.refused_subjects_max = 2};
  engine::StepOptions create_in_app{.refused_subjects_max = 2};
  /// Its parallelism is what the mailer is worth calling at once; a batch_max of 0 means as many mails as one call is
  /// worth.
  engine::StepOptions send_email{.retry = kMailRetry, .batch_max = 0};
};

/// What they say of the look of mails. Throws engine::RefusedError for what cannot be used.
EmailStyle email_style(const SyncFailureOptions& options);

/// The steps of the workflow. They outlive every runner, over lost leases too: send-email remembers what the ledger
/// could not be told.
struct SyncFailureSteps {
  /// Throws engine::RefusedError for whatever of `options` cannot be used.
  SyncFailureSteps(const SyncFailurePorts& ports, const SyncFailureOptions& options);

  ResolveRecipients resolve_recipients;
  CreateInApp create_in_app;
  SendEmail send_email;
};

/// What main registers. `steps` outlives the runner.
engine::WorkflowDefinition definition(SyncFailureSteps& steps);

}  // namespace pawl::notify_sync_failure
