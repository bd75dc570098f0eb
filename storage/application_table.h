// Where the application's table of notifications is.
#pragma once

#include <string>

#include "storage/postgres_connection.h"

namespace pawl::storage {

/// The table with its schema, quoted, as migrations found it; never what a search path finds now.
inline std::string notifications_table(PostgresConnection& connection) {
  return connection.run("find notifications", "select format('%I.notifications', schema) from pawl.application", {})
      .string(0, 0);
}

}  // namespace pawl::storage
