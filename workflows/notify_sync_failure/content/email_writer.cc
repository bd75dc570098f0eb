// Fills in mail's message from content.h; nothing in it depends on when or where it is written.
#include "workflows/notify_sync_failure/content/email_writer.h"

#include <utility>

#include "workflows/mail/message/message_id.h"

namespace pawl::notify_sync_failure {

EmailWriter::EmailWriter(AppUrl app_url, EmailStyle style) : app_url_(std::move(app_url)), style_(std::move(style)) {}

void EmailWriter::draft(mail::Message& message, const SyncFailed& failure, const std::string& org_name,
                        const std::string& time_zone) const {
  const text::TimeZone zone =
      time_zone.empty() ? style_.time_zone : text::TimeZone::find(time_zone).value_or(text::TimeZone{});
  EmailContent content = email_content(failure, org_name, app_url_, zone, style_);
  message.subject = std::move(content.subject);
  message.thread_id = mail::thread_id(failure.connection_id, message.from.substr(message.from.rfind('@') + 1));
  message.extra_fields = mail::automatic_fields();
  message.extra_fields.push_back({"Importance", "high"});
  message.text = mail::encode(content.text);
  message.html = mail::encode(content.html);
}

}  // namespace pawl::notify_sync_failure
