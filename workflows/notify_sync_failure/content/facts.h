// What a notification has to say of a failure, as plain text: worded by content.cc and html_mail.cc, or by a template.
#pragma once

#include <string>
#include <string_view>

#include "workflows/notify_sync_failure/content/app_url.h"
#include "workflows/notify_sync_failure/payload/sync_failed.h"
#include "workflows/text/time_zone.h"

namespace pawl::notify_sync_failure {

inline constexpr std::string_view kWhatToDo =
    "Re-authenticate or reconfigure the integration, then run the sync again. Until then its data is not up to date.";
inline constexpr std::string_view kUsualCauses =
    "The usual causes are expired credentials, revoked tokens or an outage at the provider.";

struct Facts {
  std::string provider;
  std::string label;        ///< Empty where it says no more than the provider.
  std::string integration;  ///< Provider and label.
  std::string organisation;
  std::string error;  ///< Of several lines; never empty.
  std::string when;   ///< In the reader's time zone.
  std::string settings_link;
  std::string connection_link;  ///< Empty where the application has no page for it.
};

/// `org_name` is plain text (safe_text.h), as is everything in `failure`.
Facts facts_of(const SyncFailed& failure, const std::string& org_name, const AppUrl& app_url,
               const text::TimeZone& zone);

}  // namespace pawl::notify_sync_failure
