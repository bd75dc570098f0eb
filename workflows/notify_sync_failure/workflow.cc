// The coroutine and its registration.
#include "workflows/notify_sync_failure/workflow.h"

#include <algorithm>
#include <map>
#include <set>

#include "engine/authoring/errors.h"
#include "engine/authoring/run.h"
#include "workflows/text/plain_text.h"

namespace pawl::notify_sync_failure {

namespace {

using engine::Event;
using engine::Run;
using engine::Workflow;

// Users who share a mailbox get one mail together.
std::vector<EmailRequest> one_email_a_mailbox(const SharedFailure& failure, const Recipients& recipients) {
  std::map<std::string, std::vector<std::string>> others;  // by the first user of a mailbox
  std::set<std::string> among_others;
  for (const auto& users : recipients.shared_mailboxes) {
    others[users.front()].assign(users.begin() + 1, users.end());
    among_others.insert(users.begin() + 1, users.end());
  }
  std::vector<EmailRequest> emails;
  emails.reserve(recipients.user_ids.size());
  for (const std::string& user_id : recipients.user_ids)
    if (!among_others.contains(user_id)) emails.push_back({failure, recipients.org_name, user_id, others[user_id]});
  return emails;
}

// What a run has to say, however it ends: who got no mail though nothing failed, and why.
std::string not_mailed(const std::vector<EmailRequest>& emails,
                       const engine::Started<EmailRequest, EmailReceipt>& sent) {
  constexpr std::size_t kNamedMax = 5;
  std::string text;
  std::size_t count = 0;
  for (std::size_t mail = 0; mail < emails.size(); ++mail) {
    if (sent.failed(mail) || sent.output(mail).state != "suppressed" || ++count > kNamedMax) continue;
    text += (text.empty() ? "no mail to " : "; no mail to ") + emails[mail].user_id + ": " + sent.output(mail).detail;
  }
  if (count > kNamedMax) text += "; and to " + std::to_string(count - kNamedMax) + " more";
  return text;
}

Workflow notify_sync_failure(Run run, SharedFailure failure, const SyncFailureSteps& steps) {
  const Recipients& recipients = co_await run.step(steps.resolve_recipients, failure->org_id);
  if (recipients.user_ids.empty()) run.note("nobody told: the organisation has no owner or admin");

  const InAppRequest in_app{failure, recipients};
  const std::vector<EmailRequest> emails = one_email_a_mailbox(failure, recipients);

  const auto shown = run.start(steps.create_in_app, in_app);   // both channels at once
  const auto sent = run.start_each(steps.send_email, emails);  // one checkpoint a recipient
  try {
    co_await run.all(shown, sent);  // waits for all, then throws the first failure
  } catch (const engine::StepFailed&) {
    if (!emails.empty()) run.note(not_mailed(emails, sent));
    throw;
  }
  if (!emails.empty()) run.note(not_mailed(emails, sent));
}

engine::StepOptions mail_options(engine::StepOptions options, const mail::Mailer& mailer) {
  options.parallelism = std::max<std::size_t>(mailer.calls(), 1);
  options.longest_call = mailer.longest_call();
  if (options.batch_max == 0) options.batch_max = std::max<std::size_t>(mailer.width(), 1);
  return options;
}

text::TimeZone time_zone_of(const SyncFailureOptions& options) {
  if (options.time_zone.empty()) return {};
  if (const auto zone = text::TimeZone::find(options.time_zone)) return *zone;
  throw engine::RefusedError("time zone " + text::in_quotes(options.time_zone) +
                             ": not in this system's database (the package tzdata); give a name such as "
                             "Australia/Sydney");
}

}  // namespace

EmailStyle email_style(const SyncFailureOptions& options) {
  EmailStyle style{.time_zone = time_zone_of(options),
                   .brand = Brand(options.brand_name, options.brand_logo_url, options.brand_color)};
  if (!options.mail_templates.empty()) style.templates = std::make_shared<MailTemplates>(options.mail_templates);
  return style;
}

SyncFailureSteps::SyncFailureSteps(const SyncFailurePorts& ports, const SyncFailureOptions& options)
    : resolve_recipients(ports.directory, options.resolve_recipients),
      create_in_app(ports.inbox, AppUrl(options.app_url), options.create_in_app, time_zone_of(options)),
      send_email(ports.ledger, ports.mailer,
                 {AppUrl(options.app_url, options.connection_url), options.sender, email_style(options)},
                 mail_options(options.send_email, ports.mailer)) {}

engine::WorkflowDefinition definition(SyncFailureSteps& steps) {
  const auto reader = std::make_shared<SyncFailedReader>();
  const auto start = [&steps, reader](Run run, const Event& event) {
    return notify_sync_failure(run, std::make_shared<const SyncFailed>(reader->read(event)), steps);
  };
  return {.name = kWorkflowName,
          .event_type = kEventType,
          .start = start,
          .steps = {&steps.resolve_recipients, &steps.create_in_app, &steps.send_email},
          .payload_to_keep = [reader](const std::string& payload) { return reader->to_keep(payload); },
          .payload_to_archive = [reader](const std::string& payload) { return reader->to_archive(payload); }};
}

}  // namespace pawl::notify_sync_failure
