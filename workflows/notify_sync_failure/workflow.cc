// The coroutine and its registration.
#include "workflows/notify_sync_failure/workflow.h"

#include <algorithm>

#include "engine/run.h"

namespace pawl::notify_sync_failure {

namespace {

using engine::Event;
using engine::Run;
using engine::Workflow;

std::vector<EmailRequest> one_email_each(const SharedFailure& failure, const Recipients& recipients) {
  std::vector<EmailRequest> emails;
  emails.reserve(recipients.user_ids.size());
  for (const std::string& user_id : recipients.user_ids) emails.push_back({failure, recipients.org_name, user_id});
  return emails;
}

Workflow notify_sync_failure(Run run, SharedFailure failure, const SyncFailureSteps& steps) {
  const Recipients& recipients = co_await run.step(steps.resolve_recipients, failure->org_id);
  if (recipients.user_ids.empty()) run.note("nobody told: the organisation has no owner or admin");

  const InAppRequest in_app{failure, recipients};
  const std::vector<EmailRequest> emails = one_email_each(failure, recipients);

  const auto shown = run.start(steps.create_in_app, in_app);   // both channels at once
  const auto sent = run.start_each(steps.send_email, emails);  // one checkpoint a recipient
  co_await run.all(shown, sent);                               // waits for all, then throws the first failure
}

engine::StepOptions mail_options(engine::StepOptions options, const mail::Mailer& mailer) {
  options.parallelism = std::max<std::size_t>(mailer.calls(), 1);
  options.longest_call = mailer.longest_call();
  if (options.batch_max == 0) options.batch_max = std::max<std::size_t>(mailer.width(), 1);
  return options;
}

}  // namespace

SyncFailureSteps::SyncFailureSteps(const SyncFailurePorts& ports, const SyncFailureOptions& options)
    : resolve_recipients(ports.directory, options.resolve_recipients),
      create_in_app(ports.inbox, AppUrl(options.app_url), options.create_in_app),
      send_email(ports.ledger, ports.mailer,
                 EmailWriter(AppUrl(options.app_url), {options.mail_from, options.mail_from_name}),
                 mail_options(options.send_email, ports.mailer)) {}

engine::WorkflowDefinition definition(SyncFailureSteps& steps) {
  const auto reader = std::make_shared<SyncFailedReader>();
  const auto start = [&steps, reader](Run run, const Event& event) {
    return notify_sync_failure(run, std::make_shared<const SyncFailed>(reader->read(event)), steps);
  };
  return {.name = "notify-sync-failure",
          .event_type = kEventType,
          .start = start,
          .steps = {&steps.resolve_recipients, &steps.create_in_app, &steps.send_email},
          .payload_to_keep = [reader](const std::string& payload) { return reader->to_keep(payload); }};
}

}  // namespace pawl::notify_sync_failure
