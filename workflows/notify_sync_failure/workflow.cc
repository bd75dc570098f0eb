// The coroutine and its registration.
#include "workflows/notify_sync_failure/workflow.h"

#include "engine/authoring/define.h"
#include "engine/authoring/run.h"
#include "workflows/depositlink/mail_requests.h"
#include "workflows/depositlink/unnotified.h"
#include "workflows/notify_sync_failure/failure_message.h"

namespace pawl::notify_sync_failure {

namespace {

using depositlink::InAppRequest;
using depositlink::unnotified;
using depositlink::one_email_a_mailbox;
using depositlink::Recipients;
using engine::Event;
using engine::Run;
using engine::Workflow;
using mail::MailRequest;

Workflow notify_sync_failure(Run run, SharedFailure failure, const SyncFailureSteps& steps) {
  const Recipients& recipients = co_await run.step(steps.resolve_recipients, failure->org_id);
  if (recipients.user_ids.empty()) run.note("nobody told: the organisation has no owner or admin");

  const auto message = std::make_shared<const FailureMessage>(steps.writer, failure, recipients.org_name);
  const InAppRequest in_app{failure->org_id, recipients, message};
  const std::vector<MailRequest> emails = one_email_a_mailbox(failure->org_id, recipients, message);

  const auto shown = run.start(steps.create_in_app, in_app);   // both channels at once
  const auto sent = run.start_each(steps.send_email, emails);  // one checkpoint a recipient
  try {
    co_await run.all(shown, sent);  // waits for all, then throws the first failure
  } catch (const engine::StepFailed&) {
    if (!emails.empty()) run.note(unnotified(in_app, shown, emails, sent));
    throw;
  }
  if (!emails.empty()) run.note(unnotified(in_app, shown, emails, sent));
}

}  // namespace

EmailStyle email_style(const depositlink::Style& style, const SyncFailureOptions& options) {
  EmailStyle mails{.time_zone = style.time_zone, .brand = style.brand};
  if (!options.mail_templates.empty()) mails.templates = std::make_shared<MailTemplates>(options.mail_templates);
  return mails;
}

SyncFailureSteps::SyncFailureSteps(depositlink::RecipientDirectory& directory, depositlink::Channels& channels,
                                   const depositlink::Style& style, const SyncFailureOptions& options)
    : resolve_recipients(directory, options.resolve_recipients),
      create_in_app(channels.create_in_app),
      send_email(channels.send_email),
      writer(style.app_url, email_style(style, options)),
      retries(channels.retries(options.retries)) {}

engine::WorkflowDefinition definition(SyncFailureSteps& steps) {
  const auto reader = std::make_shared<SyncFailedReader>();
  return engine::define<SharedFailure>({
      .name = kWorkflowName,
      .event_type = kEventType,
      .body = [&steps](Run run, SharedFailure failure) { return notify_sync_failure(run, std::move(failure), steps); },
      .steps = {&steps.resolve_recipients, &steps.create_in_app, &steps.send_email},
      .retries = steps.retries,
      .decode = [reader](const std::string& payload) { return depositlink::decode(*reader, payload); },
  });
}

}  // namespace pawl::notify_sync_failure
