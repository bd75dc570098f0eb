// The SQL that brings a run back from its rows.
#include "storage/checkpoints/runs.h"

#include "engine/authoring/errors.h"

namespace pawl::storage {

namespace {

using engine::Resumable;
using engine::RunStatus;

std::string select(const char* columns, const char* rest) {
  return std::string("select ").append(columns).append(" ").append(rest);
}

Resumable parse_resumable(const std::string& word) {
  for (const Resumable resumable : {Resumable::kAnywhere, Resumable::kHere, Resumable::kNowhere})
    if (word == to_string(resumable)) return resumable;
  throw engine::RefusedError("read a run: unknown word '" + word +
                             "' for where it may go on; the file was edited or is of a newer pawl");
}

}  // namespace

RunStatus parse_status(const std::string& word) {
  for (const RunStatus status : {RunStatus::kRunning, RunStatus::kWaiting, RunStatus::kDone, RunStatus::kFailed,
                                 RunStatus::kCancelled, RunStatus::kSuperseded})
    if (word == to_string(status)) return status;
  throw engine::RefusedError("read a run: unknown status '" + word + "'; the file was edited or is of a newer pawl");
}

engine::StoredRun run_of(const SqliteStatement& row) {
  engine::StoredRun run;
  run.run = row.integer(0);
  run.status = parse_status(row.text(2));
  run.reason = row.text(3);
  run.resumes = static_cast<int>(row.integer(4));
  run.resumable = parse_resumable(row.text(13));
  if (run.status == RunStatus::kFailed)
    run.failure = engine::Failure{row.text(16), row.text(17), engine::failure_class_of(row.text(18)), row.text(19)};
  run.event = {.position = row.integer(5),
               .id = row.text(6),
               .type = row.text(8),
               .aggregate_type = row.text(9),
               .aggregate_id = row.text(10),
               .tenant = row.text(14),
               .payload = row.text(11),
               .created_at = row.time(12),
               .deliveries = static_cast<int>(row.integer(7)),
               .resumes = run.resumes,
               .workflow = row.text(1),
               .further_run_of = row.text(15),
               .traceparent = row.text(20)};
  if (engine::Lineage made{row.text(25), row.text(26), row.text(27), row.text(28)};
      !made.parent.empty() || !made.effects_of.empty())
    run.event.lineage = std::move(made);
  if (row.integer(21) != 0) run.cancelled = engine::Cancellation{row.text(23), row.text(24), row.time(22)};
  return run;
}

engine::StepSettled step_of(const SqliteStatement& row) {
  engine::StepSettled settled{.run = row.integer(0),
                              .step = {row.text(1), row.text(2)},
                              .attempt = static_cast<int>(row.integer(3)),
                              .failed = row.integer(4) != 0,
                              .result = row.text(5),
                              .started_at = row.time(6),
                              .settled_at = row.time(7),
                              .caught = row.integer(8) != 0};
  if (!settled.failed) return settled;
  settled.failure = engine::failure_class_of(row.text(9));
  settled.failure_code = row.text(10);
  return settled;
}

engine::PendingRetry retry_of(const SqliteStatement& row) {
  return {.step = {row.text(1), row.text(2)},
          .attempts = static_cast<int>(row.integer(3)),
          .error = row.text(4),
          .first_started_at = row.time(5),
          .failed_at = row.time(6),
          .retry_at = row.time(7),
          .uncharged = static_cast<int>(row.integer(8))};
}

SqliteRuns::SqliteRuns(SQLite::Database& database)
    : number_of_(database, "select run from runs where run_id = ?"),
      by_number_(database, select(kRunColumns, "from runs r join events e on e.run = r.run where r.run = ?").c_str()),
      steps_(database,
             select(kStepColumns, "from steps s where s.run = ? order by s.settled_at, s.step, s.key").c_str()),
      retries_(database,
               select(kRetryColumns, "from pending_retries p where p.run = ? order by p.step, p.key").c_str()) {}

// Most events that are looked for are new: the index alone says so, and no table is opened.
std::optional<engine::StoredRun> SqliteRuns::by_id(const std::string& run_id) {
  number_of_.start(run_id);
  if (!number_of_.next()) return std::nullopt;
  const engine::RunNumber run = number_of_.integer(0);
  number_of_.rewind();
  return by_number(run);
}

std::optional<engine::StoredRun> SqliteRuns::by_number(engine::RunNumber run) {
  by_number_.start(run);
  if (!by_number_.next()) return std::nullopt;
  engine::StoredRun found = run_of(by_number_);
  by_number_.rewind();
  fetch_steps(found);
  fetch_retries(found);
  return found;
}

void SqliteRuns::fetch_steps(engine::StoredRun& run) {
  steps_.start(run.run);
  while (steps_.next()) run.steps.push_back(step_of(steps_));
}

void SqliteRuns::fetch_retries(engine::StoredRun& run) {
  retries_.start(run.run);
  while (retries_.next()) run.retries.push_back(retry_of(retries_));
}

}  // namespace pawl::storage
