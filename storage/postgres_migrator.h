// Applies the Postgres line once, in order, and says where a database stands.
#pragma once

#include <string>
#include <vector>

#include "storage/postgres_address.h"

namespace pawl::storage {

struct MigrationState {
  std::string name;
  std::string applied_at;  ///< Empty: still to apply.
};

/// Applies what is missing, each in a transaction of its own; safe when two start at once. `with_app` first creates the
/// application's reference tables. Returns the names applied. Throws engine::RefusedError when an applied migration was
/// edited since, when the database was migrated by a newer pawl, or when the application's tables are missing.
std::vector<std::string> migrate_postgres(const std::string& conninfo, bool with_app);

/// Every migration of this build in order.
std::vector<MigrationState> postgres_migration_state(const std::string& conninfo);

/// Throws engine::RefusedError naming the command to run unless the database is exactly as new as this build.
void require_migrated(const PostgresAddress& address);

}  // namespace pawl::storage
