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
    "and r.status <> 'failed' order by r.ended_at limit ?2";

// By its index, so that a page reads no failed run that an earlier page has: left alone, SQLite may read all runs.
constexpr const char* kSelectFailed =
    "select r.run, r.run_id from runs r indexed by runs_failed join events e on e.run = r.run "
    "where r.status = 'failed' and r.ended_at < ?1 and e.created_at < ?1 and r.run > ?2 order by r.run limit ?3";

constexpr const char* kIsFailed = "select 1 from runs where run = ? and status = 'failed'";

// Everything that holds a run's number, since the connection does not enforce foreign keys.
constexpr const char* kDeleteRun[] = {"delete from attempts where run = ?", "delete from steps where run = ?",
                                      "delete from events where run = ?", "delete from runs where run = ?"};

void delete_runs(SQLite::Database& database, const std::vector<engine::RunNumber>& runs) {
  SqliteStatement(database, kRememberLastRun).exec();
  for (const char* sql : kDeleteRun) {
    SqliteStatement remove(database, sql);
    for (const engine::RunNumber run : runs) remove.exec(run);
  }
}

}  // namespace

std::vector<engine::RunNumber> prune_runs(SQLite::Database& database, engine::Timestamp ended_before,
                                          std::size_t limit) {
  std::vector<engine::RunNumber> runs;
  SqliteStatement old(database, kSelectOld);
  old.start(ended_before, static_cast<std::int64_t>(limit));
  while (old.next()) runs.push_back(old.integer(0));
  delete_runs(database, runs);
  return runs;
}

std::vector<engine::FailedRun> find_failed_runs(SQLite::Database& database, engine::Timestamp ended_before,
                                                engine::RunNumber above, std::size_t limit) {
  std::vector<engine::FailedRun> found;
  SqliteStatement failed(database, kSelectFailed);
  failed.start(ended_before, above, static_cast<std::int64_t>(limit));
  while (failed.next()) found.push_back({failed.integer(0), failed.text(1)});
  return found;
}

std::vector<engine::RunNumber> forget_failed_runs(SQLite::Database& database,
                                                  std::span<const engine::RunNumber> failed) {
  std::vector<engine::RunNumber> runs;
  SqliteStatement is_failed(database, kIsFailed);
  for (const engine::RunNumber run : failed) {
    is_failed.start(run);
    if (is_failed.next()) runs.push_back(run);
  }
  delete_runs(database, runs);
  return runs;
}

}  // namespace pawl::storage
