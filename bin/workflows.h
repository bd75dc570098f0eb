// Every workflow of this build with its steps: the one place that registers them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bin/settings.h"
#include "engine/workflow.h"
#include "workflows/mail/mailer.h"
#include "workflows/notify_sync_failure/inbox.h"
#include "workflows/notify_sync_failure/mail_ledger.h"
#include "workflows/notify_sync_failure/recipients.h"

namespace pawl::bin {

/// What the workflows act on. Not owned; outlives the workflows.
struct WorkflowPorts {
  notify_sync_failure::RecipientDirectory& recipients;
  notify_sync_failure::Inbox& inbox;
  notify_sync_failure::MailLedger& ledger;
  mail::Mailer& mailer;
};

/// Owns the steps, which outlive every runner that was given the definitions.
class Workflows {
 public:
  /// Throws UsageError for a mail sender or an application URL that cannot be used.
  Workflows(const WorkflowPorts& ports, const Settings& settings);
  ~Workflows();

  const std::vector<engine::WorkflowDefinition>& definitions() const;

 private:
  class Body;
  std::unique_ptr<Body> body_;
};

/// The names of all steps of this build, for metrics.
std::vector<std::string> step_names(const Settings& settings);

}  // namespace pawl::bin
