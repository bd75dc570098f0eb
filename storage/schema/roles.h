// The roles that do pawl's tasks in Postgres, and what each may do.
#pragma once

#include <string>

#include "storage/migrations/migrations.h"
#include "storage/postgres/address.h"

namespace pawl::storage {

/// Grants pawl_worker, pawl_operator and pawl_producer what they need in a migrated database, where they exist;
/// `create` first creates those that are missing. Changes nothing where all is granted. Throws engine::RefusedError
/// where the login may not create a role, or not grant what a line needs of tables of the application's, and where
/// row-level security leaves pawl_worker less than it needs.
void grant_roles(const PostgresAddress& address, bool create, const MigrationLines& lines);

}  // namespace pawl::storage
