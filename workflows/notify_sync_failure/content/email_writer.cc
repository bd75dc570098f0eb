// Fills in mail's message from content.h; nothing in it depends on when or where it is written.
#include "workflows/notify_sync_failure/content/email_writer.h"

#include "engine/authoring/errors.h"
#include "workflows/mail/message/address.h"
#include "workflows/mail/message/message_id.h"
#include "workflows/text/plain_text.h"

namespace pawl::notify_sync_failure {

namespace {

std::string usable(const std::string& role, const std::string& typed) {
  std::string address = mail::normalised_address(typed);
  if (const auto reason = mail::why_unusable(address))
    throw engine::RefusedError(role + " of mail " + text::in_quotes(address) + ": " + *reason +
                               "; give a bare address such as alerts@example.com");
  return address;
}

}  // namespace

EmailWriter::EmailWriter(AppUrl app_url, Sender sender, EmailStyle style)
    : app_url_(std::move(app_url)), sender_(std::move(sender)), style_(std::move(style)) {
  sender_.address = usable("sender", sender_.address);
  if (!sender_.reply_to.empty()) sender_.reply_to = usable("address for replies", sender_.reply_to);
  if (!sender_.envelope_from.empty()) sender_.envelope_from = usable("envelope sender", sender_.envelope_from);
  domain_ = sender_.address.substr(sender_.address.rfind('@') + 1);
  if (!mail::is_message_id(message_id({}, {})))
    throw engine::RefusedError("sender of mail " + text::in_quotes(sender_.address) +
                               ": its host name is too long for a message id; give an address with a shorter one");
}

std::string EmailWriter::message_id(const std::string& event_id, const std::string& user_id) const {
  return mail::message_id(event_id, user_id, domain_);
}

mail::Message EmailWriter::draft(const SyncFailed& failure, const std::string& org_name,
                                 const std::string& time_zone) const {
  const text::TimeZone zone =
      time_zone.empty() ? style_.time_zone : text::TimeZone::find(time_zone).value_or(text::TimeZone{});
  EmailContent content = email_content(failure, org_name, app_url_, zone, style_);
  mail::Message message;
  message.from_name = sender_.name;
  message.from = sender_.address;
  message.reply_to = sender_.reply_to;
  message.envelope_from = sender_.envelope_from;
  message.subject = std::move(content.subject);
  message.thread_id = mail::thread_id(failure.connection_id, domain_);
  message.text = mail::encode(content.text);
  message.html = mail::encode(content.html);
  return message;
}

mail::Envelope EmailWriter::address(mail::Message& draft, const Addressee& to, const Stamp& stamp) const {
  draft.to_name = to.safe_name;
  draft.to = to.email;
  draft.message_id = stamp.message_id;
  draft.date = stamp.date;
  return mail::seal(draft);
}

}  // namespace pawl::notify_sync_failure
