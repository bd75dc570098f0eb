// What a notification says, in the application and by mail: pure, and the same words for the same failure.
#pragma once

#include <string>

#include "workflows/notify_sync_failure/app_url.h"
#include "workflows/notify_sync_failure/sync_failed.h"

namespace pawl::notify_sync_failure {

struct InAppContent {
  std::string title;
  std::string body;  ///< Plain text of several lines.
  std::string link;
  std::string details;  ///< JSON object as text: connection_id, sync_log_id, provider, label, error, occurred_at.
};

struct EmailContent {
  std::string subject;  ///< Carries no word of the provider's error.
  std::string text;
  std::string html;
};

/// `org_name` is plain text (safe_text.h), as is everything in `failure`.
InAppContent in_app_content(const SyncFailed& failure, const std::string& org_name, const AppUrl& app_url);
EmailContent email_content(const SyncFailed& failure, const std::string& org_name, const AppUrl& app_url);

/// `text` as it must stand in HTML, between tags or in a quoted attribute, to be read as itself.
std::string html_escaped(const std::string& text);

}  // namespace pawl::notify_sync_failure
