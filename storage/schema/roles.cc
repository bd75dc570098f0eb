// Runs the roles and the grants of each line.
#include "storage/schema/roles.h"

#include "storage/postgres/connection.h"
#include "storage/schema/script.h"

namespace pawl::storage {

void grant_roles(const std::string& conninfo, bool create, const MigrationLines& lines) {
  PostgresConnection connection(conninfo);
  connection.transact("grant the roles their privileges", [&](Transaction& transaction) {
    if (!create && !transaction.run(std::string("select ") + kRolesExist).boolean(0, 0)) return;
    // grants of two migrators on one table are no concurrent updates: they take turns
    transaction.script(kLockMigrations);
    for (const MigrationLine* line : lines)
      if (create && !line->roles.empty()) transaction.script(std::string(line->roles));
    for (const MigrationLine* line : lines)
      if (!line->grants.empty()) transaction.script(std::string(line->grants));
  });
}

}  // namespace pawl::storage
