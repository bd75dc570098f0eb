// The SQL that forgets a run.
#include "storage/checkpoints/pruning.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include "storage/sqlite/statement.h"

namespace pawl::storage {

namespace {

constexpr const char* kRememberLastRun =
    "update store set last_run = max(last_run, (select coalesce(max(run), 0) from runs))";

constexpr const char* kSelectOld =
    "select r.run from runs r join events e on e.run = r.run where r.ended_at < ?1 and e.created_at < ?1 "
    "and not (r.status = 'failed' and r.resumable = 'here') "
    "order by r.ended_at limit ?2";

// Everything that holds a run's number, since the connection does not enforce foreign keys.
constexpr const char* kDeleteRun[] = {"delete from attempts where run = ?", "delete from steps where run = ?",
                                      "delete from events where run = ?", "delete from runs where run = ?"};

}  // namespace

std::vector<engine::RunNumber> prune_runs(SQLite::Database& database, engine::Timestamp ended_before,
                                          std::size_t limit) {
  SqliteStatement(database, kRememberLastRun).exec();
  std::vector<engine::RunNumber> runs;
  SqliteStatement old(database, kSelectOld);
  old.start(ended_before, static_cast<std::int64_t>(limit));
  while (old.next()) runs.push_back(old.integer(0));
  for (const char* sql : kDeleteRun) {
    SqliteStatement remove(database, sql);
    for (const engine::RunNumber run : runs) remove.exec(run);
  }
  return runs;
}

}  // namespace pawl::storage
