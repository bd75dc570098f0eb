// What is said about one failed sync, in the application and by mail.
#pragma once

#include <string>
#include <utility>

#include "workflows/depositlink/content/in_app_note.h"
#include "workflows/mail/mail_content.h"
#include "workflows/notify_sync_failure/content/failure_writer.h"
#include "workflows/notify_sync_failure/payload/sync_failed.h"

namespace pawl::notify_sync_failure {

class FailureMessage final : public mail::MailContent, public depositlink::InAppNote {
 public:
  /// The writer outlives it. `org_name` is plain text (redaction/safe_text.h).
  FailureMessage(const FailureWriter& writer, SharedFailure failure, std::string org_name)
      : writer_(writer), failure_(std::move(failure)), org_name_(std::move(org_name)) {}

  void draft(mail::Message& message, const std::string& time_zone) const override {
    writer_.draft(message, *failure_, org_name_, time_zone);
  }
  depositlink::InAppContent in_app() const override { return writer_.in_app(*failure_, org_name_); }

 private:
  const FailureWriter& writer_;
  const SharedFailure failure_;
  const std::string org_name_;
};

}  // namespace pawl::notify_sync_failure
