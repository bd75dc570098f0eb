// The coroutine and its registration.
#include "workflows/notify_sync_failure/workflow.h"

#include <algorithm>
#include <map>
#include <set>

#include "engine/authoring/errors.h"
#include "engine/authoring/run.h"
#include "workflows/notify_sync_failure/failure_mail.h"
#include "workflows/text/plain_text.h"

namespace pawl::notify_sync_failure {

namespace {

using engine::Event;
using engine::Run;
using engine::Workflow;
using mail::MailReceipt;
using mail::MailRequest;

// Users who share a mailbox get one mail together.
std::vector<MailRequest> one_email_a_mailbox(const SharedFailure& failure, const Recipients& recipients,
                                             const EmailWriter& writer) {
  std::map<std::string, std::vector<std::string>> others;  // by the first user of a mailbox
  std::set<std::string> among_others;
  for (const auto& users : recipients.shared_mailboxes) {
    others[users.front()].assign(users.begin() + 1, users.end());
    among_others.insert(users.begin() + 1, users.end());
  }
  const auto content = std::make_shared<const FailureMail>(writer, failure, recipients.org_name);
  std::vector<MailRequest> mails;
  mails.reserve(recipients.user_ids.size());
  for (std::size_t user = 0; user < recipients.user_ids.size(); ++user) {
    const std::string& user_id = recipients.user_ids[user];
    const std::string domain = user < recipients.domains.size() ? recipients.domains[user] : "";
    if (!among_others.contains(user_id)) mails.push_back({content, failure->org_id, user_id, others[user_id], domain});
  }
  return mails;
}

// What a run has to say, however it ends: who got no mail though nothing failed, and why.
std::string not_mailed(const std::vector<MailRequest>& mails, const engine::Started<MailRequest, MailReceipt>& sent) {
  constexpr std::size_t kNamedMax = 5;
  std::string text;
  std::size_t count = 0;
  for (std::size_t mail = 0; mail < mails.size(); ++mail) {
    if (sent.failed(mail) || sent.output(mail).state != "suppressed" || ++count > kNamedMax) continue;
    text += (text.empty() ? "no mail to " : "; no mail to ") + mails[mail].recipient + ": " + sent.output(mail).detail;
  }
  if (count > kNamedMax) text += "; and to " + std::to_string(count - kNamedMax) + " more";
  return text;
}

Workflow notify_sync_failure(Run run, SharedFailure failure, const SyncFailureSteps& steps) {
  const Recipients& recipients = co_await run.step(steps.resolve_recipients, failure->org_id);
  if (recipients.user_ids.empty()) run.note("nobody told: the organisation has no owner or admin");

  const InAppRequest in_app{failure, recipients};
  const std::vector<MailRequest> emails = one_email_a_mailbox(failure, recipients, steps.writer);

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
      send_email("send-email", ports.ledger, ports.mailer, options.sender, options.send_email),
      writer(AppUrl(options.app_url, options.connection_url), email_style(options)) {}

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
