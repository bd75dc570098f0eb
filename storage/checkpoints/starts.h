// Writes runs that start, with their events.
#pragma once

#include <unordered_set>
#include <vector>

#include "engine/ports/checkpoints.h"
#include "storage/sqlite/rows.h"

namespace pawl::storage {

/// Part of SqliteRecords, under whose rules it is used: prepared once a connection, inside a transaction. What is
/// gathered has to live until it is written.
class SqliteStarts {
 public:
  explicit SqliteStarts(SQLite::Database& database);

  void clear() { gathered_.clear(); }
  void add(const engine::RunStarted& record, std::unordered_set<engine::RunNumber>& awake);
  /// Writes what was gathered, and adds those runs to `awake` if none of them was there before. Throws engine::Error
  /// for one whose number or whose event is another run's.
  void write(std::unordered_set<engine::RunNumber>& awake);
  /// Throws engine::Error for a run that was never started.
  void require(engine::RunNumber run);

 private:
  int insert_runs();
  void insert_events();
  void require_same_event(const engine::RunStarted& record);

  SqliteRows insert_runs_;
  SqliteRows insert_events_;
  SqliteStatement event_of_run_;
  std::vector<const engine::RunStarted*> gathered_;
};

}  // namespace pawl::storage
