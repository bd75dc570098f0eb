// What a notification has to say of a failure, as plain text: worded by content.cc and html_mail.cc, or by a template.
#pragma once

#include <string>
#include <string_view>

#include "workflows/depositlink/content/connection_facts.h"
#include "workflows/notify_sync_failure/payload/sync_failed.h"
#include "workflows/text/time_zone.h"

namespace pawl::notify_sync_failure {

inline constexpr std::string_view kWhatToDo =
    "Re-authenticate or reconfigure the integration, then run the sync again. Until then its data is not up to date.";
inline constexpr std::string_view kUsualCauses =
    "The usual causes are expired credentials, revoked tokens or an outage at the provider.";

using depositlink::AppUrl;

struct Facts : depositlink::ConnectionFacts {
  std::string error;  ///< Of several lines; never empty.
  std::string when;   ///< In the reader's time zone.
};

/// `org_name` is plain text (safe_text.h), as is everything in `failure`.
Facts facts_of(const SyncFailed& failure, const std::string& org_name, const AppUrl& app_url,
               const text::TimeZone& zone);

}  // namespace pawl::notify_sync_failure
