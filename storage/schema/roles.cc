// Runs the roles and the grants of each line.
#include "storage/schema/roles.h"

#include "engine/authoring/errors.h"
#include "storage/postgres/connection.h"
#include "storage/schema/script.h"

namespace pawl::storage {

namespace {

bool has_migrated(Transaction& transaction, bool create) {
  const Rows other = transaction.run(kOtherMigrator);
  if (other.size() > 0 && create)
    throw engine::RefusedError("Postgres roles: create and grant them as " + other.string(0, 0) +
                               ", who has migrated this database");
  return other.size() == 0;
}

}  // namespace

void grant_roles(const PostgresAddress& address, bool create, const MigrationLines& lines) {
  PostgresConnection connection(address);
  bool is_owner = false;
  connection.transact("create the roles", [&](Transaction& transaction) {
    is_owner = has_migrated(transaction, create);
    if (!is_owner || !create) return;
    transaction.script(kLockMigrations);
    for (const MigrationLine* line : lines)
      if (!line->roles.empty()) transaction.script(std::string(line->roles));
  });
  if (!is_owner) return;  // who may not has been told that nothing is to do
  // by themselves: a role stays though somebody else has to grant it something, who could not else
  connection.transact("grant the roles their privileges", [&](Transaction& transaction) {
    if (!transaction.run(std::string("select ").append(kRolesExist)).boolean(0, 0)) return;
    // grants of two migrators on one table are no concurrent updates: they take turns
    transaction.script(kLockMigrations);
    for (const MigrationLine* line : lines)
      if (!line->grants.empty()) transaction.script(std::string(line->grants));
  });
  connection.transact("look for what the worker cannot see", [&](Transaction& transaction) {
    const Rows found = transaction.run(kWorkerProblems);
    if (!found.null(0, 0)) throw engine::RefusedError("Postgres: " + found.string(0, 0));
  });
}

}  // namespace pawl::storage
