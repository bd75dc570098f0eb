// Reads runs with their steps and pending retries.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/ports/checkpoints.h"
#include "storage/sqlite/statement.h"

namespace pawl::storage {

/// Prepared once a connection, writing or read-only.
class SqliteRuns {
 public:
  explicit SqliteRuns(SQLite::Database& database);

  std::optional<engine::StoredRun> by_id(const std::string& run_id);
  std::optional<engine::StoredRun> by_number(engine::RunNumber run);

 private:
  void fetch_steps(engine::StoredRun& run);
  void fetch_retries(engine::StoredRun& run);

  SqliteStatement number_of_;
  SqliteStatement by_number_;
  SqliteStatement steps_;
  SqliteStatement retries_;
};

/// The status that a row holds. Throws engine::RefusedError for a word this build does not know.
engine::RunStatus parse_status(const std::string& word);

}  // namespace pawl::storage
