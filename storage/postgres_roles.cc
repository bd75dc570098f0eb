// Runs the scripts of migrations/roles.
#include "storage/postgres_roles.h"

#include "storage/migrations.h"
#include "storage/postgres_connection.h"

namespace pawl::storage {

void grant_roles(const std::string& conninfo, bool create) {
  PostgresConnection connection(conninfo);
  const auto scripts = roles_migrations();
  connection.transact("grant the roles their privileges", [&](Transaction& transaction) {
    const bool exist =
        transaction.run("select from pg_roles where rolname in ('pawl_worker', 'pawl_operator', 'pawl_producer')")
            .size() == 3;
    if (!create && !exist) return;
    // grants of two migrators on one table are no concurrent updates: they take turns
    transaction.run("lock table pawl.migrations in share row exclusive mode");
    if (create) transaction.script(std::string(scripts.front().sql));
    transaction.script(std::string(scripts.back().sql));
  });
}

}  // namespace pawl::storage
