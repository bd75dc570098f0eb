// What is said about a recovery, in the application and by mail: pure, and the same words for the same recovery.
#pragma once

#include <string>
#include <utility>

#include "workflows/confirm_sync_recovery/sync_recovered.h"
#include "workflows/depositlink/content/email_content.h"
#include "workflows/depositlink/content/in_app_note.h"
#include "workflows/depositlink/content/style.h"
#include "workflows/mail/mail_content.h"

namespace pawl::confirm_sync_recovery {

/// `org_name` is plain text (redaction/safe_text.h), as is everything in `recovery`. The details: connection_id,
/// provider, label, failed_at, recovered_at.
depositlink::InAppContent in_app_content(const SyncRecovered& recovery, const std::string& org_name,
                                         const depositlink::Style& style);
/// `zone` is the reader's.
depositlink::EmailContent email_content(const SyncRecovered& recovery, const std::string& org_name,
                                        const depositlink::Style& style, const text::TimeZone& zone);

/// Both for one recovery.
class RecoveryMessage final : public mail::MailContent, public depositlink::InAppNote {
 public:
  /// The style outlives it.
  RecoveryMessage(const depositlink::Style& style, SharedRecovery recovery, std::string org_name)
      : style_(style), recovery_(std::move(recovery)), org_name_(std::move(org_name)) {}

  void draft(mail::Message& message, const std::string& time_zone) const override;
  depositlink::InAppContent in_app() const override { return in_app_content(*recovery_, org_name_, style_); }

 private:
  const depositlink::Style& style_;
  const SharedRecovery recovery_;
  const std::string org_name_;
};

}  // namespace pawl::confirm_sync_recovery
