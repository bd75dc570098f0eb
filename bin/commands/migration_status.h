// Where both databases stand, as rows of `migrate --status`: database, migration, applied at.
#pragma once

#include <string>
#include <vector>

#include "bin/output/table.h"
#include "bin/settings/settings.h"
#include "storage/migrations/migrations.h"

namespace pawl::bin {

std::vector<std::vector<Table::Cell>> postgres_status_rows(const std::string& conninfo,
                                                           const storage::MigrationLines& lines);

/// Never creates the file: a missing one is a row that says so.
std::vector<std::vector<Table::Cell>> checkpoint_status_rows(const Settings& settings);

}  // namespace pawl::bin
