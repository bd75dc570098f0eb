// Collects the facts once for both channels.
#include "workflows/notify_sync_failure/content/facts.h"

#include "workflows/text/utc_time.h"

namespace pawl::notify_sync_failure {

Facts facts_of(const SyncFailed& failure, const std::string& org_name, const AppUrl& app_url,
               const text::TimeZone& zone) {
  const auto at = text::parse_rfc3339(failure.occurred_at);
  const std::string label = failure.label == failure.provider ? "" : failure.label;
  return {.provider = failure.provider,
          .label = label,
          .integration = label.empty() ? failure.provider : failure.provider + " (" + label + ")",
          .organisation = org_name,
          .error = failure.error_message.empty() ? "The provider gave no reason" : failure.error_message,
          .when = at ? zone.readable(*at) : failure.occurred_at,
          .settings_link = app_url.integrations_of(failure.org_id),
          .connection_link = app_url.connection_of(failure.org_id, failure.connection_id)};
}

}  // namespace pawl::notify_sync_failure
