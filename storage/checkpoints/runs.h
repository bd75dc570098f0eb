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

/// The columns that the functions below read, for a select list over runs r and events e, steps s, pending_retries p.
inline constexpr const char* kRunColumns =
    "r.run, r.workflow, r.status, r.reason, r.resumes, r.position, r.run_id, r.deliveries, e.type, "
    "e.aggregate_type, e.aggregate_id, e.payload, e.created_at, r.resumable, e.tenant, e.further_run_of, "
    "r.failed_step, r.failed_key, r.failure_class, r.failure_code, e.traceparent, "
    "r.cancelled_at is not null, coalesce(r.cancelled_at, 0), coalesce(r.cancelled_by, ''), "
    "coalesce(r.cancel_note, ''), e.parent, e.from_step, e.effects_of, e.stands_for";
inline constexpr const char* kStepColumns =
    "s.run, s.step, s.key, s.attempt, s.failed, s.result, s.started_at, s.settled_at, s.caught, "
    "s.failure_class, s.failure_code";
inline constexpr const char* kRetryColumns =
    "p.run, p.step, p.key, p.attempt, p.error, p.first_started_at, p.failed_at, p.retry_at, p.uncharged";

/// Without its steps and retries. Throws engine::RefusedError for a word this build does not know.
engine::StoredRun run_of(const SqliteStatement& row);
engine::StepSettled step_of(const SqliteStatement& row);
engine::PendingRetry retry_of(const SqliteStatement& row);

/// The status that a row holds. Throws engine::RefusedError for a word this build does not know.
engine::RunStatus parse_status(const std::string& word);

}  // namespace pawl::storage
