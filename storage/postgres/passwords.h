// Which passwords a connection to Postgres may show.
#pragma once

#include <string>
#include <vector>

namespace pawl::storage {

/// Those of a conninfo or URI, else of libpq's environment, and all of its password file. Throws engine::RefusedError
/// when libpq could not use the conninfo.
std::vector<std::string> postgres_passwords(const std::string& conninfo);

}  // namespace pawl::storage
