// Applies the Postgres line once, in order, and says where a database stands.
#pragma once

#include <string>
#include <vector>

#include "storage/migrations/migrations.h"
#include "storage/postgres/address.h"
#include "storage/schema/registered_workflows.h"

namespace pawl::storage {

struct MigrationState {
  std::string name;
  std::string applied_at;  ///< Empty: still to apply.
};

/// What a migration has changed.
struct Migrated {
  std::vector<std::string> applied;     ///< Names of migrations.
  std::vector<std::string> mended;      ///< Names of triggers on the application's table that did not fire any more.
  std::vector<std::string> registered;  ///< Names of workflows.
  std::size_t closed = 0;  ///< How many functions were open to everybody, as after a restore without rights.
};

/// Applies what is missing, registers workflows, which none of it ever removes, and mends what keeps the application's
/// rows from becoming events, all in one transaction or not at all; safe when two start at once. `with_app` first
/// creates the application's reference tables. Throws engine::RefusedError when an applied migration was edited since,
/// when the database was migrated by a newer pawl, when the schema or something in it belongs to another role, when the
/// application's tables are missing or do not fit, and when pawl.problems() has something left; and
/// engine::UnavailableError when another transaction holds a lock for longer than a moment.
Migrated migrate_postgres(PostgresAddress address, bool with_app, const MigrationLines& lines,
                          const WorkflowNames& workflows = {});

/// Every migration of this build in order, and its workflows.
std::vector<MigrationState> postgres_migration_state(const PostgresAddress& address, const MigrationLines& lines,
                                                     const WorkflowNames& workflows);

/// Throws engine::RefusedError naming the command to run unless the database is exactly as new as this build.
void require_migrated(PostgresConnection& connection, const MigrationLines& lines);
void require_migrated(const PostgresAddress& address, const MigrationLines& lines);

}  // namespace pawl::storage
