// Where both databases stand, as rows of `migrate --status`: database, migration, applied at.
#pragma once

#include <string>
#include <vector>

#include "bin/output/table.h"
#include "bin/settings/settings.h"
#include "bin/worker/workflows.h"
#include "storage/postgres/address.h"

namespace pawl::bin {

std::vector<std::vector<Table::Cell>> postgres_status_rows(const storage::PostgresAddress& address,
                                                           const Workflows& workflows);

/// Never creates the file: a missing one is a row that says so.
std::vector<std::vector<Table::Cell>> checkpoint_status_rows(const Settings& settings);

}  // namespace pawl::bin
