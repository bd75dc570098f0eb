// Whether the tables and views of a checkpoint file are those that pawl made.
#pragma once

#include <string>

namespace SQLite {
class Database;
}

namespace pawl::storage {

/// Throws engine::RefusedError where a table, index or view of pawl's is missing or is another one, and where there is
/// any trigger; and as require_known_migrations does. Reading a crafted view may never end, and a trigger changes what
/// is written. Executes nothing of the file. What somebody added beside them stays unused. Reads only; works without
/// the lock.
void require_own_schema(SQLite::Database& database, const std::string& path);

}  // namespace pawl::storage
