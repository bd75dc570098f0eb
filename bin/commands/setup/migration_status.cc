// Asks both databases where they stand.
#include "bin/commands/setup/migration_status.h"

#include <algorithm>
#include <filesystem>

#include "bin/operations/runs/run_ids.h"
#include "storage/checkpoints/reader.h"
#include "storage/migrations/migrations.h"
#include "storage/schema/migrator.h"

namespace pawl::bin {

std::vector<std::vector<Table::Cell>> postgres_status_rows(const storage::PostgresAddress& address,
                                                           const Workflows& workflows) {
  std::vector<std::vector<Table::Cell>> rows;
  for (const storage::MigrationState& state :
       storage::postgres_migration_state(address, workflows.migrations(), workflows.workflow_names()))
    rows.push_back({"postgres", state.name, state.applied_at.empty() ? Table::Cell{} : Table::Cell(state.applied_at)});
  return rows;
}

std::vector<std::vector<Table::Cell>> checkpoint_status_rows(const Settings& settings) {
  const std::string path = checkpoints_path(settings.checkpoints);
  std::vector<std::vector<Table::Cell>> rows;
  std::error_code hidden;  // from this user: the reader says so
  if (std::filesystem::status(path, hidden).type() == std::filesystem::file_type::not_found) {
    for (const storage::Migration& migration : storage::checkpoints_migrations().migrations)
      rows.push_back({"checkpoints", std::string(migration.name), {}});
    return rows;
  }
  const storage::CheckpointReader reader(path);
  const auto applied =
      reader.query("select number, strftime('%Y-%m-%dT%H:%M:%SZ', applied_at / 1e6, 'unixepoch') from migrations").rows;
  for (const storage::Migration& migration : storage::checkpoints_migrations().migrations) {
    const auto row = std::find_if(applied.begin(), applied.end(),
                                  [&](const auto& one) { return one[0] == std::to_string(migration.number); });
    rows.push_back({"checkpoints", std::string(migration.name), row == applied.end() ? Table::Cell{} : (*row)[1]});
  }
  return rows;
}

}  // namespace pawl::bin
