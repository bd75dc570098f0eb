// Deletes runs that ended long ago.
#pragma once

#include <span>
#include <vector>

#include "engine/ports/checkpoints.h"

namespace SQLite {
class Database;
}

namespace pawl::storage {

/// As engine::Checkpoints::prune, inside the caller's transaction; returns which runs it deleted. Throws
/// SQLite::Exception, as all of these.
std::vector<engine::RunNumber> prune_runs(SQLite::Database& database, engine::Timestamp ended_before,
                                          std::size_t limit);

/// As engine::Checkpoints::failed.
std::vector<engine::FailedRun> find_failed_runs(SQLite::Database& database, engine::Timestamp ended_before,
                                                engine::RunNumber above, std::size_t limit);

/// As engine::Checkpoints::forget, inside the caller's transaction; returns which runs it deleted.
std::vector<engine::RunNumber> forget_failed_runs(SQLite::Database& database,
                                                  std::span<const engine::RunNumber> failed);

}  // namespace pawl::storage
