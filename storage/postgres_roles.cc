// Runs the scripts of migrations/roles.
#include "storage/postgres_roles.h"

#include "storage/migration_script.h"
#include "storage/migrations.h"
#include "storage/postgres_connection.h"

namespace pawl::storage {

void grant_roles(const std::string& conninfo, bool create) {
  PostgresConnection connection(conninfo);
  const auto scripts = roles_migrations();
  connection.transact("grant the roles their privileges", [&](Transaction& transaction) {
    if (!create && !transaction.run(std::string("select ") + kRolesExist).boolean(0, 0)) return;
    // grants of two migrators on one table are no concurrent updates: they take turns
    transaction.script(kLockMigrations);
    if (create) transaction.script(std::string(scripts.front().sql));
    transaction.script(std::string(scripts.back().sql));
  });
}

}  // namespace pawl::storage
