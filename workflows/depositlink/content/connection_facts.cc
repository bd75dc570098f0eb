// Collects the facts once for both channels.
#include "workflows/depositlink/content/connection_facts.h"

namespace pawl::depositlink {

ConnectionFacts connection_facts(const Connection& connection, const std::string& org_name, const AppUrl& app_url) {
  const std::string label = connection.label == connection.provider ? "" : connection.label;
  return {.provider = connection.provider,
          .label = label,
          .integration = label.empty() ? connection.provider : connection.provider + " (" + label + ")",
          .organisation = org_name,
          .settings_link = app_url.integrations_of(connection.org_id),
          .connection_link = app_url.connection_of(connection.org_id, connection.id)};
}

}  // namespace pawl::depositlink
