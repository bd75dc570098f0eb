// The SQL that brings a run back from its rows.
#include "storage/checkpoints/runs.h"

#include "engine/authoring/errors.h"

namespace pawl::storage {

namespace {

using engine::Resumable;
using engine::RunStatus;

constexpr const char* kSelectRun =
    "select r.run, r.workflow, r.status, r.reason, r.resumes, r.position, r.run_id, r.deliveries, e.type, "
    "e.aggregate_type, e.aggregate_id, e.payload, e.created_at, r.resumable, e.tenant, e.further_run_of, "
    "r.failed_step, r.failed_key, r.failure_class, r.failure_code, e.traceparent from runs r "
    "join events e on "
    "e.run = r.run "
    "where r.run = ?";

constexpr const char* kSelectSteps =
    "select step, key, attempt, failed, result, started_at, settled_at, caught, "
    "failure_class, failure_code from steps where run = ? "
    "order by settled_at, step, key";

constexpr const char* kSelectRetries =
    "select step, key, attempt, error, first_started_at, failed_at, retry_at from pending_retries where run = ? "
    "order by step, key";

Resumable parse_resumable(const std::string& word) {
  for (const Resumable resumable : {Resumable::kAnywhere, Resumable::kHere, Resumable::kNowhere})
    if (word == to_string(resumable)) return resumable;
  throw engine::RefusedError("read a run: unknown word '" + word +
                             "' for where it may go on; the file was edited or is of a newer pawl");
}

engine::StoredRun run_of(const SqliteStatement& row) {
  engine::StoredRun run;
  run.run = row.integer(0);
  run.workflow = row.text(1);
  run.status = parse_status(row.text(2));
  run.reason = row.text(3);
  run.resumes = static_cast<int>(row.integer(4));
  run.resumable = parse_resumable(row.text(13));
  run.failure = {row.text(16), row.text(17), engine::failure_class_of(row.text(18)), row.text(19)};
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
               .workflow = run.workflow,
               .further_run_of = row.text(15),
               .traceparent = row.text(20)};
  return run;
}

}  // namespace

RunStatus parse_status(const std::string& word) {
  for (const RunStatus status :
       {RunStatus::kRunning, RunStatus::kWaiting, RunStatus::kDone, RunStatus::kFailed, RunStatus::kSuperseded})
    if (word == to_string(status)) return status;
  throw engine::RefusedError("read a run: unknown status '" + word + "'; the file was edited or is of a newer pawl");
}

SqliteRuns::SqliteRuns(SQLite::Database& database)
    : number_of_(database, "select run from runs where run_id = ?"),
      by_number_(database, kSelectRun),
      steps_(database, kSelectSteps),
      retries_(database, kSelectRetries) {}

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
  while (steps_.next()) {
    run.steps.push_back({.run = run.run,
                         .step = {steps_.text(0), steps_.text(1)},
                         .attempt = static_cast<int>(steps_.integer(2)),
                         .failed = steps_.integer(3) != 0,
                         .result = steps_.text(4),
                         .started_at = steps_.time(5),
                         .settled_at = steps_.time(6),
                         .caught = steps_.integer(7) != 0});
    engine::StepSettled& settled = run.steps.back();
    if (!settled.failed) continue;
    settled.failure = engine::failure_class_of(steps_.text(8));
    settled.failure_code = steps_.text(9);
  }
}

void SqliteRuns::fetch_retries(engine::StoredRun& run) {
  retries_.start(run.run);
  while (retries_.next())
    run.retries.push_back({.step = {retries_.text(0), retries_.text(1)},
                           .attempts = static_cast<int>(retries_.integer(2)),
                           .error = retries_.text(3),
                           .first_started_at = retries_.time(4),
                           .failed_at = retries_.time(5),
                           .retry_at = retries_.time(6)});
}

}  // namespace pawl::storage
