// What every notification about a connection says of it, as plain text.
#pragma once

#include <string>

#include "workflows/depositlink/content/app_url.h"

namespace pawl::depositlink {

struct ConnectionFacts {
  std::string provider;
  std::string label;        ///< Empty where it says no more than the provider.
  std::string integration;  ///< Provider and label.
  std::string organisation;
  std::string settings_link;
  std::string connection_link;  ///< Empty where the application has no page for it.
};

/// As an event names a connection; all of it is plain text (safe_text.h).
struct Connection {
  const std::string& org_id;
  const std::string& id;
  const std::string& provider;
  const std::string& label;
};

/// `org_name` is plain text too.
ConnectionFacts connection_facts(const Connection& connection, const std::string& org_name, const AppUrl& app_url);

}  // namespace pawl::depositlink
