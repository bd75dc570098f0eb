// Deletes runs that ended long ago.
#pragma once

#include <vector>

#include "engine/ports/checkpoints.h"

namespace SQLite {
class Database;
}

namespace pawl::storage {

/// As engine::Checkpoints::prune, inside the caller's transaction; returns which runs it deleted. Throws
/// SQLite::Exception.
std::vector<engine::RunNumber> prune_runs(SQLite::Database& database, engine::Timestamp ended_before,
                                          std::size_t limit);

}  // namespace pawl::storage
