// The SQL of a run's first record.
#include "storage/checkpoints/starts.h"

#include <string>

#include "engine/authoring/errors.h"

namespace pawl::storage {

namespace {

constexpr const char* kRuns = "runs (run, run_id, workflow, position, deliveries, resumes, started_at)";
constexpr const char* kEvents =
    "events (run, type, aggregate_type, aggregate_id, tenant, payload, created_at, further_run_of, traceparent, "
    "parent, from_step, effects_of, stands_for)";

}  // namespace

SqliteStarts::SqliteStarts(SQLite::Database& database)
    : insert_runs_(database, insert_into(kRuns)),
      insert_events_(database, insert_into(kEvents)),
      event_of_run_(database, "select run_id from runs where run = ?") {}

void SqliteStarts::add(const engine::RunStarted& record, std::unordered_set<engine::RunNumber>& awake) {
  gathered_.push_back(&record);
  if (gathered_.size() == SqliteRows::kMost) write(awake);
}

// Which of the runs were there cannot be told from their number: then each is looked at, and none is taken for awake.
void SqliteStarts::write(std::unordered_set<engine::RunNumber>& awake) {
  if (gathered_.empty()) return;
  const bool all_new = insert_runs() == static_cast<int>(gathered_.size());
  for (const engine::RunStarted* record : gathered_)
    if (all_new)
      awake.insert(record->run);
    else
      require_same_event(*record);
  insert_events();
  gathered_.clear();
}

int SqliteStarts::insert_runs() {
  return insert_runs_.write(gathered_, [](SqliteStatement& row, const engine::RunStarted& record) {
    const engine::Event& event = record.event;
    row.add(record.run, event.id, event.workflow, event.position, event.deliveries, event.resumes, record.at);
  });
}

void SqliteStarts::insert_events() {
  insert_events_.write(gathered_, [](SqliteStatement& row, const engine::RunStarted& record) {
    const engine::Event& event = record.event;
    const engine::Boxed<engine::Lineage>& made = event.lineage;
    row.add(record.run, event.type, event.aggregate_type, event.aggregate_id, event.tenant, event.payload,
            event.created_at, event.further_run_of, event.traceparent, made->parent, made->from_step, made->effects_of,
            made->stands_for);
  });
}

void SqliteStarts::require(engine::RunNumber run) {
  event_of_run_.start(run);
  const bool started = event_of_run_.next();
  event_of_run_.rewind();
  if (!started)
    throw engine::Error("commit checkpoints: run " + std::to_string(run) + " was never started in this store");
}

void SqliteStarts::require_same_event(const engine::RunStarted& record) {
  event_of_run_.start(record.run);
  const bool same = event_of_run_.next() && event_of_run_.text(0) == record.event.id;
  event_of_run_.rewind();
  if (!same)
    throw engine::Error("commit checkpoints: run " + std::to_string(record.run) + " of event " + record.event.id +
                        " clashes with a run that this store holds");
}

}  // namespace pawl::storage
