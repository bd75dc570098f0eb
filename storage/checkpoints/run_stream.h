// Many runs with their steps and pending retries, by three statements in all.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "engine/ports/checkpoints.h"
#include "storage/sqlite/statement.h"

namespace pawl::storage {

/// Merges rows of runs, steps and retries, each read in the order of the runs' numbers. Within one transaction, so that
/// they are of one moment.
class SqliteRunStream {
 public:
  /// The conditions are `where` clauses, or empty, on runs r, steps s and pending_retries p; `start` binds the
  /// parameters of each statement, of which ?9 is a limit.
  SqliteRunStream(SQLite::Database& database, const std::string& runs, const std::string& steps,
                  const std::string& retries, const std::function<void(SqliteStatement&)>& start);

  /// nullopt after the last one.
  std::optional<engine::StoredRun> next();

 private:
  SqliteStatement runs_;
  SqliteStatement steps_;
  SqliteStatement retries_;
  bool has_step_ = false;   ///< The statement stands at a row that no run has taken yet.
  bool has_retry_ = false;  ///< The same.
};

}  // namespace pawl::storage
