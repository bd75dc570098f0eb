// Writes how runs ended.
#pragma once

#include <unordered_set>
#include <vector>

#include "engine/ports/checkpoints.h"
#include "storage/checkpoints/starts.h"
#include "storage/sqlite/rows.h"

namespace pawl::storage {

/// Part of SqliteRecords, under whose rules it is used: prepared once a connection, inside a transaction. Those of most
/// runs, which are done and have nothing to say, are gathered, and have to live until they are written. Throws
/// engine::Error for a run that was never started.
class SqliteEnds {
 public:
  /// `starts` has written the runs that end, and outlives this.
  SqliteEnds(SQLite::Database& database, SqliteStarts& starts);

  void clear() { gathered_.clear(); }
  /// The steps that it names as caught have been written.
  void add(const engine::RunEnded& record, std::unordered_set<engine::RunNumber>& awake);
  /// Writes what was gathered, and takes those runs out of `awake`.
  void write(std::unordered_set<engine::RunNumber>& awake);

 private:
  SqliteStarts& starts_;
  SqliteStatement end_;
  SqliteStatement catch_none_;
  SqliteStatement catch_;
  SqliteRows end_done_;
  std::vector<const engine::RunEnded*> gathered_;
};

}  // namespace pawl::storage
