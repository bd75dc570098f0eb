// The coroutine and its definition.
#include "workflows/confirm_sync_recovery/workflow.h"

#include <utility>

#include "engine/authoring/define.h"
#include "engine/authoring/run.h"
#include "workflows/confirm_sync_recovery/recovery_content.h"
#include "workflows/depositlink/mail_requests.h"
#include "workflows/depositlink/unnotified.h"

namespace pawl::confirm_sync_recovery {

namespace {

using depositlink::InAppRequest;
using depositlink::unnotified;
using depositlink::one_email_a_mailbox;
using depositlink::Recipients;
using engine::Event;
using engine::Run;
using engine::Workflow;
using mail::MailRequest;

Workflow confirm_sync_recovery(Run run, SharedRecovery recovery, std::string event_id, const RecoverySteps& steps) {
  const Outage outage{event_id, recovery->org_id};
  const Recipients& notified = co_await run.step(steps.find_notified, outage);
  if (notified.user_ids.empty())
    run.note("nothing to confirm: nobody who is an owner or admin now was told of the failure");

  const auto message = std::make_shared<const RecoveryMessage>(steps.style, recovery, notified.org_name);
  const InAppRequest in_app{recovery->org_id, notified, message};
  const std::vector<MailRequest> emails = one_email_a_mailbox(recovery->org_id, notified, message);

  const auto shown = run.start(steps.create_in_app, in_app);
  const auto sent = run.start_each(steps.send_email, emails);
  try {
    co_await run.all(shown, sent);
  } catch (const engine::StepFailed&) {
    if (!emails.empty()) run.note(unnotified(in_app, shown, emails, sent));
    throw;
  }
  if (!emails.empty()) run.note(unnotified(in_app, shown, emails, sent));
}

}  // namespace

RecoverySteps::RecoverySteps(NotifiedUsers& users, depositlink::Channels& channels, depositlink::Style style,
                             const RecoveryOptions& options)
    : find_notified(users, options.find_notified),
      create_in_app(channels.create_in_app),
      send_email(channels.send_email),
      style(std::move(style)),
      retries(channels.retries(options.retries)) {}

engine::WorkflowDefinition definition(RecoverySteps& steps) {
  const auto reader = std::make_shared<SyncRecoveredReader>();
  return engine::define<SharedRecovery>({
      .name = kWorkflowName,
      .event_type = kEventType,
      .body =
          [&steps](Run run, SharedRecovery recovery, const Event& event) {
            return confirm_sync_recovery(run, std::move(recovery), engine::event_id(event), steps);
          },
      .steps = {&steps.find_notified, &steps.create_in_app, &steps.send_email},
      .retries = steps.retries,
      .decode = [reader](const std::string& payload) { return depositlink::decode(*reader, payload); },
  });
}

}  // namespace pawl::confirm_sync_recovery
