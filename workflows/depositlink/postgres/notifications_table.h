// Where the application's table of notifications is.
#pragma once

#include <string>

#include "engine/authoring/errors.h"
#include "storage/postgres/connection.h"

namespace pawl::depositlink {

/// The table with its schema, quoted, as migrations found it; never what a search path finds now. Throws
/// engine::RefusedError where pawl.application does not say it.
inline std::string notifications_table(storage::PostgresConnection& connection) {
  const storage::Rows rows =
      connection.run("find notifications", "select format('%I.notifications', schema) from pawl.application", {});
  if (rows.size() == 0)
    throw engine::RefusedError(
        "Postgres, find notifications: pawl.application is empty; insert the schema of the table");
  return rows.string(0, 0);
}

}  // namespace pawl::depositlink
