// Passes everything on, and remembers what became durable.
#include "tests/simulation/durable/store.h"

#include "engine/authoring/errors.h"

namespace pawl::simulation {

void FaultyCheckpoints::commit(std::span<const engine::Checkpoint> group) {
  if (store_.full) throw engine::UnavailableError("commit checkpoints: database or disk is full");
  store_.checkpoints.commit(group);
  for (const engine::Checkpoint& checkpoint : group)
    engine::visit_record([&](const auto& record) { remember(record); }, checkpoint);
  if (world_.strike(Fault::kCommitUnknownDone, process_))
    throw engine::UnavailableError("commit checkpoints: I/O error after the commit");
}

std::vector<engine::StoredRun> FaultyCheckpoints::find(std::span<const std::string> run_ids) {
  require_readable();
  return store_.checkpoints.find(run_ids);
}

std::vector<engine::StoredRun> FaultyCheckpoints::load(std::span<const engine::RunNumber> runs) {
  require_readable();
  return store_.checkpoints.load(runs);
}

std::size_t FaultyCheckpoints::prune(Timestamp ended_before, std::size_t limit) {
  if (store_.full) throw engine::UnavailableError("prune checkpoints: database or disk is full");
  return store_.checkpoints.prune(ended_before, limit);
}

std::size_t FaultyCheckpoints::forget(std::span<const engine::RunNumber> failed) {
  if (store_.full) throw engine::UnavailableError("prune checkpoints: database or disk is full");
  return store_.checkpoints.forget(failed);
}

void FaultyCheckpoints::require_readable() {
  if (world_.strike(Fault::kStoreReadFails, process_)) throw engine::UnavailableError("read checkpoints: I/O error");
}

void FaultyCheckpoints::remember(const engine::RunStarted& record) { store_.event_of[record.run] = record.event.id; }

void FaultyCheckpoints::remember(const engine::StepSettled& record) {
  store_.settled[effect_key(store_.event_of[record.run], record.step.step, record.step.key)] = record.failed;
}

// What it has acted on, where a stage tolerates failures, stays settled.
void FaultyCheckpoints::remember(const engine::RunReopened& record) {
  const std::string prefix = store_.event_of[record.run] + "/";
  std::set<EffectKey> kept;
  for (const engine::StoredRun& run : store_.checkpoints.load(std::vector{record.run}))
    for (const engine::StepSettled& step : run.steps)
      kept.insert(effect_key(run.event.id, step.step.step, step.step.key));
  for (auto entry = store_.settled.lower_bound(prefix);
       entry != store_.settled.end() && entry->first.starts_with(prefix);)
    entry = entry->second && !kept.contains(entry->first) ? store_.settled.erase(entry) : std::next(entry);
}

}  // namespace pawl::simulation
