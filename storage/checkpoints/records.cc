// The SQL of every kind of checkpoint record.
#include "storage/checkpoints/records.h"

#include <utility>

namespace pawl::storage {

namespace {

// A settled step is never overwritten.
constexpr const char* kSteps = "steps (run, step, key, attempt, failed, result, started_at, settled_at)";

constexpr const char* kInsertAttempt =
    "insert into attempts (run, step, key, resumes, attempt, error, first_started_at, failed_at, retry_at, "
    "failure_code, gives_up_at, uncharged) "
    "values (?1, ?2, ?3, (select resumes from runs where run = ?1), ?4, ?5, ?6, ?7, ?8, nullif(?9, ''), nullif(?10, "
    "0), ?11) "
    "on conflict do nothing";

// Of the few that failed: a statement of their own costs those that succeeded nothing.
constexpr const char* kSayFailure =
    "update steps set failure_class = nullif(?4, ''), failure_code = nullif(?5, '') "
    "where run = ?1 and step = ?2 and key = ?3 and attempt = ?6 and failed";

constexpr const char* kWake =
    "update runs set status = 'running', reason = '', wake_at = null where run = ? and status = 'waiting'";

constexpr const char* kPark =
    "update runs set status = 'waiting', wake_at = ?2, reason = ?3 where run = ?1 and ended_at is null";

// The first counts; of a run that has ended the one that it was about says so.
constexpr const char* kCancel =
    "update runs set cancelled_at = ?2, cancelled_by = ?3, cancel_note = ?4 where run = ?1 and cancelled_at is null";

constexpr const char* kKeepFailedSteps =
    "insert into attempts (run, step, key, resumes, attempt, error, first_started_at, failed_at, "
    "failure_class, failure_code) "
    "select s.run, s.step, s.key, r.resumes, s.attempt, s.result, s.started_at, s.settled_at, s.failure_class, "
    "s.failure_code "
    "from steps s join runs r on r.run = s.run where s.run = ? and s.failed and not s.caught on conflict do nothing";

constexpr const char* kForgetFailedSteps = "delete from steps where run = ? and failed and not caught";

constexpr const char* kReopen =
    "update runs set status = 'running', reason = '', wake_at = null, ended_at = null, resumes = ?2, position = ?3, "
    "failed_step = null, failed_key = null, failure_class = null, failure_code = null, "
    "cancelled_at = null, cancelled_by = null, cancel_note = null where run = ?1";

// A run that was superseded moves again when its event comes back to us; one that has ended otherwise stays so.
constexpr const char* kRedeliver =
    "update runs set position = ?2, deliveries = ?3, "
    "status = iif(status in ('done', 'failed', 'cancelled'), status, 'running'), "
    "reason = iif(status in ('done', 'failed', 'cancelled'), reason, ''), "
    "ended_at = iif(status in ('done', 'failed', 'cancelled'), ended_at, null), wake_at = null where run = ?1";

}  // namespace

SqliteRecords::SqliteRecords(SQLite::Database& database)
    : starts_(database),
      ends_(database, starts_),
      insert_steps_(database, insert_into(kSteps)),
      say_failure_(database, kSayFailure),
      insert_attempt_(database, kInsertAttempt),
      wake_(database, kWake),
      park_(database, kPark),
      cancel_(database, kCancel),
      keep_failed_steps_(database, kKeepFailedSteps),
      forget_failed_steps_(database, kForgetFailedSteps),
      reopen_(database, kReopen),
      redeliver_(database, kRedeliver) {}

void SqliteRecords::write_group(std::span<const engine::Checkpoint> group) {
  begin_group();
  for (const engine::Checkpoint& checkpoint : group)
    engine::visit_record([this](const auto& record) { write(record); }, checkpoint);
  write_runs();
  write_steps();
}

void SqliteRecords::begin_group() {
  if (!std::exchange(committed_, false)) awake_.clear();  // what was written is not there
  starts_.clear();                                        // of a group that failed, and may be gone
  steps_.clear();
  ends_.clear();
}

void SqliteRecords::write(const engine::RunStarted& record) {
  ends_.write(awake_);
  starts_.add(record, awake_);
}

void SqliteRecords::write(const engine::StepSettled& record) {
  wake(record.run);
  steps_.push_back(&record);
  if (steps_.size() == SqliteRows::kMost) write_steps();
}

void SqliteRecords::write(const engine::AttemptFailed& record) {
  wake(record.run);
  insert_attempt_.exec(record.run, record.step.step, record.step.key, record.attempt, record.error,
                       record.first_started_at, record.failed_at, record.retry_at, record.failure_code,
                       record.gives_up_at, record.uncharged);
}

void SqliteRecords::write(const engine::RunParked& record) {
  write_runs();
  if (park_.exec(record.run, record.wake_at, record.reason) == 0) starts_.require(record.run);
  awake_.erase(record.run);
}

void SqliteRecords::write(const engine::RunCancelled& record) {
  write_runs();
  const engine::Cancellation& cancellation = record.cancellation;
  if (cancel_.exec(record.run, record.at, cancellation.by, cancellation.note) == 0) starts_.require(record.run);
}

void SqliteRecords::write(const engine::RunEnded& record) {
  starts_.write(awake_);
  if (!record.caught.empty()) write_steps();
  ends_.add(record, awake_);
}

void SqliteRecords::write(const engine::RunReopened& record) {
  write_runs();
  write_steps();
  keep_failed_steps_.exec(record.run);
  forget_failed_steps_.exec(record.run);
  if (reopen_.exec(record.run, record.resumes, record.position) == 0) starts_.require(record.run);
}

void SqliteRecords::write(const engine::RunRedelivered& record) {
  write_runs();
  if (redeliver_.exec(record.run, record.position, record.deliveries) == 0) starts_.require(record.run);
}

// Of starts and ends only one kind is gathered at a time.
void SqliteRecords::write_runs() {
  starts_.write(awake_);
  ends_.write(awake_);
}

// The run of each is there already; nothing but a reopening asks for steps, so they may wait for others.
void SqliteRecords::write_steps() {
  insert_steps_.write(steps_, [](SqliteStatement& row, const engine::StepSettled& step) {
    row.add(step.run, step.step.step, step.step.key, step.attempt, step.failed ? 1 : 0, step.result, step.started_at,
            step.settled_at);
  });
  for (const engine::StepSettled* step : steps_)
    if (step->failed)
      say_failure_.exec(step->run, step->step.step, step->step.key, to_string(step->failure), step->failure_code,
                        step->attempt);
  steps_.clear();
}

void SqliteRecords::wake(engine::RunNumber run) {
  if (awake_.count(run) != 0) return;
  write_runs();
  if (!awake_.insert(run).second) return;
  if (wake_.exec(run) == 0) starts_.require(run);
}

}  // namespace pawl::storage
