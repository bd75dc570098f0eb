// Writes checkpoint records as rows.
#pragma once

#include <span>
#include <unordered_set>
#include <vector>

#include "engine/ports/checkpoints.h"
#include "storage/checkpoints/ends.h"
#include "storage/checkpoints/starts.h"
#include "storage/sqlite/rows.h"
#include "storage/sqlite/statement.h"

namespace pawl::storage {

/// Prepared once a connection. Used inside the caller's transaction, to be rolled back when this throws; every record
/// may be written twice, since a group of unknown outcome is repeated. Throws engine::Error for a record of a run that
/// was never started.
class SqliteRecords {
 public:
  explicit SqliteRecords(SQLite::Database& database);

  /// Writes the group's records; the rows are what writing them one by one leaves.
  void write_group(std::span<const engine::Checkpoint> group);
  /// The group is durable: what it knows of its runs holds for the next one too.
  void group_committed() { committed_ = true; }
  /// The run is deleted: whatever is written of it from here on is refused.
  void forget(engine::RunNumber run) { awake_.erase(run); }

 private:
  void begin_group();
  void write(const engine::RunStarted& record);
  void write(const engine::StepSettled& record);
  void write(const engine::AttemptFailed& record);
  void write(const engine::RunParked& record);
  void write(const engine::RunCancelled& record);
  void write(const engine::RunEnded& record);
  void write(const engine::RunReopened& record);
  void write(const engine::RunRedelivered& record);
  void write_runs();
  void write_steps();
  void wake(engine::RunNumber run);

  SqliteStarts starts_;
  SqliteEnds ends_;
  SqliteRows insert_steps_;
  SqliteStatement say_failure_;
  SqliteStatement insert_attempt_;
  SqliteStatement wake_;
  SqliteStatement park_;
  SqliteStatement cancel_;
  SqliteStatement keep_failed_steps_;
  SqliteStatement forget_failed_steps_;
  SqliteStatement reopen_;
  SqliteStatement redeliver_;
  std::unordered_set<engine::RunNumber> awake_;    ///< Unfinished runs that are known not to be waiting.
  std::vector<const engine::StepSettled*> steps_;  ///< Of this group, still to be inserted.
  bool committed_ = true;
};

}  // namespace pawl::storage
