// The SQL of a run's last record.
#include "storage/checkpoints/ends.h"

#include <string>

namespace pawl::storage {

namespace {

// The first end counts: what a lane reports later about a superseded run does not change how it ended.
constexpr const char* kEnd =
    "update runs set status = ?2, reason = ?3, ended_at = ?4, wake_at = null, resumable = ?5, "
    "failed_step = nullif(?6, ''), failed_key = iif(?6 = '', null, ?7), failure_class = nullif(?8, ''), "
    "failure_code = nullif(?9, '') "
    "where run = ?1 and ended_at is null";

constexpr const char* kCatchNone = "update steps set caught = 0 where run = ? and caught = 1";
constexpr const char* kCatch = "update steps set caught = 1 where run = ? and step = ? and key = ?";

// A case for each run costs less than joining the runs with a list of values, which SQLite would write to a table
// first.
std::string end_done(std::size_t rows) {
  std::string times, runs;
  for (std::size_t i = 1; i < 2 * rows; i += 2) {
    const std::string run = "?" + std::to_string(i);
    times += " when " + run + " then ?" + std::to_string(i + 1);
    runs += (i == 1 ? "" : ",") + run;
  }
  return "update or fail runs set status = 'done', reason = '', ended_at = case run" + times +
         " end, wake_at = null where run in (" + runs + ") and ended_at is null";
}

}  // namespace

SqliteEnds::SqliteEnds(SQLite::Database& database, SqliteStarts& starts)
    : starts_(starts),
      end_(database, kEnd),
      catch_none_(database, kCatchNone),
      catch_(database, kCatch),
      end_done_(database, end_done) {}

void SqliteEnds::add(const engine::RunEnded& record, std::unordered_set<engine::RunNumber>& awake) {
  if (record.status == engine::RunStatus::kDone && record.reason.empty()) {
    gathered_.push_back(&record);
    if (gathered_.size() == SqliteRows::kMost) write(awake);
    return;
  }
  write(awake);
  awake.erase(record.run);
  const engine::Failure& failure = record.failure;
  if (end_.exec(record.run, to_string(record.status), record.reason, record.at, to_string(record.resumable),
                failure.step, failure.key, to_string(failure.klass), failure.code) == 0)
    return starts_.require(record.run);
  if (record.status != engine::RunStatus::kFailed) return;
  catch_none_.exec(record.run);
  for (const engine::StepKey& step : record.caught) catch_.exec(record.run, step.step, step.key);
}

void SqliteEnds::write(std::unordered_set<engine::RunNumber>& awake) {
  if (gathered_.empty()) return;
  const int ended = end_done_.write(
      gathered_, [](SqliteStatement& row, const engine::RunEnded& record) { row.add(record.run, record.at); });
  for (const engine::RunEnded* record : gathered_) {
    awake.erase(record->run);
    if (ended < static_cast<int>(gathered_.size())) starts_.require(record->run);
  }
  gathered_.clear();
}

}  // namespace pawl::storage
