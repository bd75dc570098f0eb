// What a notification says, in the application and by mail: pure, and the same words for the same failure.
#pragma once

#include <memory>
#include <string>

#include "workflows/depositlink/content/in_app_note.h"
#include "workflows/notify_sync_failure/content/html_mail.h"
#include "workflows/notify_sync_failure/content/mail_templates.h"
#include "workflows/notify_sync_failure/payload/sync_failed.h"
#include "workflows/text/time_zone.h"

namespace pawl::notify_sync_failure {

using depositlink::InAppContent;

/// What a deployment chooses of its mails.
struct EmailStyle {
  text::TimeZone time_zone;  ///< Of readers who have none of their own.
  Brand brand;
  std::shared_ptr<const MailTemplates> templates = nullptr;  ///< Nothing: the built-in words.
};

/// `org_name` is plain text (safe_text.h), as is everything in `failure`. The details: connection_id, sync_log_id,
/// provider, label, error, occurred_at.
InAppContent in_app_content(const SyncFailed& failure, const std::string& org_name, const AppUrl& app_url,
                            const text::TimeZone& zone = {});
/// `zone` is the reader's.
EmailContent email_content(const SyncFailed& failure, const std::string& org_name, const AppUrl& app_url,
                           const text::TimeZone& zone = {}, const EmailStyle& style = {});

}  // namespace pawl::notify_sync_failure
