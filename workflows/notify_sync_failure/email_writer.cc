// Fills in mail's message from content.h; nothing in it depends on when or where it is written.
#include "workflows/notify_sync_failure/email_writer.h"

#include "engine/errors.h"
#include "workflows/mail/address.h"
#include "workflows/mail/message.h"
#include "workflows/mail/message_id.h"
#include "workflows/notify_sync_failure/content.h"
#include "workflows/notify_sync_failure/plain_text.h"
#include "workflows/notify_sync_failure/safe_text.h"
#include "workflows/notify_sync_failure/utc_time.h"

namespace pawl::notify_sync_failure {

namespace {

constexpr std::size_t kPersonMax = 120;

}  // namespace

EmailWriter::EmailWriter(AppUrl app_url, Sender sender) : app_url_(std::move(app_url)), sender_(std::move(sender)) {
  if (const auto reason = mail::why_unusable(sender_.address))
    throw engine::RefusedError("sender of mail " + in_quotes(sender_.address) + ": " + *reason +
                               "; give a bare address such as alerts@example.com");
  domain_ = sender_.address.substr(sender_.address.rfind('@') + 1);
  if (!mail::is_message_id(message_id({}, {})))
    throw engine::RefusedError("sender of mail " + in_quotes(sender_.address) +
                               ": its host name is too long for a message id; give an address with a shorter one");
}

std::string EmailWriter::message_id(const std::string& event_id, const std::string& user_id) const {
  return mail::message_id(event_id, user_id, domain_);
}

mail::Envelope EmailWriter::write(const SyncFailed& failure, const std::string& org_name, const Addressee& to) const {
  EmailContent content = email_content(failure, org_name, app_url_);
  mail::Message message;
  message.from_name = sender_.name;
  message.from = sender_.address;
  message.to_name = safe_line(to.full_name, kPersonMax);
  message.to = to.email;
  message.subject = std::move(content.subject);
  message.message_id = message_id(failure.event_id, to.user_id);
  message.thread_id = mail::thread_id(failure.connection_id, domain_);
  if (const auto at = parse_rfc3339(failure.occurred_at)) message.date = *at;
  message.text = std::move(content.text);
  message.html = std::move(content.html);
  return mail::seal(message);
}

}  // namespace pawl::notify_sync_failure
