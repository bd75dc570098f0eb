// Fills in mail's message from content.h; nothing in it depends on when or where it is written.
#include "workflows/notify_sync_failure/content/failure_writer.h"

#include <utility>

namespace pawl::notify_sync_failure {

FailureWriter::FailureWriter(AppUrl app_url, EmailStyle style)
    : app_url_(std::move(app_url)), style_(std::move(style)) {}

void FailureWriter::draft(mail::Message& message, const SyncFailed& failure, const std::string& org_name,
                          const std::string& time_zone) const {
  const text::TimeZone zone = depositlink::zone_of(time_zone, style_.time_zone);
  depositlink::fill(message, email_content(failure, org_name, app_url_, zone, style_), failure.connection_id);
  message.extra_fields.push_back({"Importance", "high"});
}

InAppContent FailureWriter::in_app(const SyncFailed& failure, const std::string& org_name) const {
  return in_app_content(failure, org_name, app_url_, style_.time_zone);
}

}  // namespace pawl::notify_sync_failure
