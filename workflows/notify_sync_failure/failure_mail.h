// The mail about one failed sync.
#pragma once

#include <string>
#include <utility>

#include "workflows/mail/mail_content.h"
#include "workflows/notify_sync_failure/content/email_writer.h"
#include "workflows/notify_sync_failure/payload/sync_failed.h"

namespace pawl::notify_sync_failure {

class FailureMail final : public mail::MailContent {
 public:
  /// The writer outlives it. `org_name` is plain text (redaction/safe_text.h).
  FailureMail(const EmailWriter& writer, SharedFailure failure, std::string org_name)
      : writer_(writer), failure_(std::move(failure)), org_name_(std::move(org_name)) {}

  void draft(mail::Message& message, const std::string& time_zone) const override {
    writer_.draft(message, *failure_, org_name_, time_zone);
  }

 private:
  const EmailWriter& writer_;
  const SharedFailure failure_;
  const std::string org_name_;
};

}  // namespace pawl::notify_sync_failure
