// Collects the facts once for both channels.
#include "workflows/notify_sync_failure/content/facts.h"

#include "workflows/text/utc_time.h"

namespace pawl::notify_sync_failure {

Facts facts_of(const SyncFailed& failure, const std::string& org_name, const AppUrl& app_url,
               const text::TimeZone& zone) {
  const auto at = text::parse_rfc3339(failure.occurred_at);
  return {depositlink::connection_facts({failure.org_id, failure.connection_id, failure.provider, failure.label},
                                        org_name, app_url),
          failure.error_message.empty() ? "The provider gave no reason" : failure.error_message,
          at ? zone.readable(*at) : failure.occurred_at};
}

}  // namespace pawl::notify_sync_failure
