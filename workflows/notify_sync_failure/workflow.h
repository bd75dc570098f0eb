// The workflow `notify-sync-failure`: a failed sync becomes an urgent in-app notification and an email for every owner
// and admin of the organisation. This folder knows the engine and the ports, no database and no transport.
#pragma once

#include <string>

#include "engine/authoring/workflow.h"
#include "workflows/mail/send_mail.h"
#include "workflows/notify_sync_failure/content/email_writer.h"
#include "workflows/notify_sync_failure/create_in_app.h"
#include "workflows/notify_sync_failure/resolve_recipients.h"

namespace pawl::notify_sync_failure {

inline constexpr const char* kWorkflowName = "notify-sync-failure";

/// Not owned; all outlive the steps. The mailer is used by the step `send-email` alone.
struct SyncFailurePorts {
  RecipientDirectory& directory;
  Inbox& inbox;
  mail::MailLedger& ledger;
  mail::Mailer& mailer;
};

struct SyncFailureOptions {
  std::string app_url;              ///< See AppUrl for what is accepted.
  std::string connection_url = {};  ///< A pattern, as AppUrl takes it; may be empty, as may the following.
  std::string time_zone = {};       ///< As TimeZone finds it; empty: UTC.
  std::string brand_name = {};      ///< As Brand takes it, and the other two.
  std::string brand_logo_url = {};
  std::string brand_color = {};
  std::string mail_templates = {};  ///< A directory, as MailTemplates reads it.
  mail::Sender sender;
  engine::StepOptions resolve_recipients{.refused_subjects_max = 2};
  engine::StepOptions create_in_app{.refused_subjects_max = 2};
  engine::StepOptions send_email{.retry = mail::kMailRetry, .batch_max = 0};  ///< As SendMail takes them.
};

/// What they say of the look of mails. Throws engine::RefusedError for what cannot be used.
EmailStyle email_style(const SyncFailureOptions& options);

/// The steps of the workflow, and what writes its mails. They outlive every runner, over lost leases too: send-email
/// remembers what the ledger could not be told.
struct SyncFailureSteps {
  /// Throws engine::RefusedError for whatever of `options` cannot be used.
  SyncFailureSteps(const SyncFailurePorts& ports, const SyncFailureOptions& options);

  ResolveRecipients resolve_recipients;
  CreateInApp create_in_app;
  mail::SendMail send_email;
  EmailWriter writer;
};

/// What main registers. `steps` outlives the runner.
engine::WorkflowDefinition definition(SyncFailureSteps& steps);

}  // namespace pawl::notify_sync_failure
