// Applies checkpoint records to rows in memory, a group as a whole or not at all.
#include "engine/testing/memory_checkpoints.h"

#include <algorithm>
#include <utility>

#include "engine/authoring/errors.h"

namespace pawl::testing {

using namespace engine;

namespace {

bool unfinished(RunStatus status) { return status == RunStatus::kRunning || status == RunStatus::kWaiting; }

bool ended(RunStatus status) { return !unfinished(status) && status != RunStatus::kSuperseded; }

void set_running(StoredRun& run) {
  run.status = RunStatus::kRunning;
  run.reason.clear();
}

auto named(const StepKey& name) {
  return [&name](const auto& entry) { return entry.step == name; };
}

bool holds_step(const StoredRun& run, const StepKey& name) {
  return std::any_of(run.steps.begin(), run.steps.end(), named(name));
}

}  // namespace

MemoryCheckpoints::MemoryCheckpoints(std::string store_id) : store_id_(std::move(store_id)) {}

MemoryCheckpoints::MemoryCheckpoints(const MemoryCheckpoints& other) : Checkpoints() {
  const std::lock_guard lock(other.mutex_);
  store_id_ = other.store_id_;
  lost_to_ = other.lost_to_;
  last_run_ = other.last_run_;
  rows_ = other.rows_;
  by_id_ = other.by_id_;
}

Recovered MemoryCheckpoints::recover() {
  const std::lock_guard lock(mutex_);
  Recovered recovered{store_id_, last_run_ + 1, {}, lost_to_};
  for (const auto& [number, row] : rows_)
    if (unfinished(row.run.status))
      recovered.unfinished.push_back({number, row.run.event.id, row.run.event.workflow,
                                      row.run.status == RunStatus::kWaiting, row.wake_at, row.run.event.position});
  return recovered;
}

void MemoryCheckpoints::commit(std::span<const Checkpoint> group) {
  const std::lock_guard lock(mutex_);
  require_writable();
  Before before;
  try {
    for (const Checkpoint& checkpoint : group) {
      save(before, run_of(checkpoint));
      visit_record([&](const auto& record) { apply(record); }, checkpoint);
    }
  } catch (...) {  // a group is kept as a whole or not at all
    put_back(before);
    throw;
  }
  if (!group.empty()) ++groups_;
}

void MemoryCheckpoints::give_way(std::int64_t lost_to) {
  const std::lock_guard lock(mutex_);
  require_writable();
  lost_to_ = lost_to;
}

std::vector<StoredRun> MemoryCheckpoints::find(std::span<const std::string> run_ids) {
  const std::lock_guard lock(mutex_);
  std::vector<StoredRun> found;
  for (const std::string& id : run_ids)
    if (const auto entry = by_id_.find(id); entry != by_id_.end()) found.push_back(rows_.at(entry->second).run);
  return found;
}

std::vector<StoredRun> MemoryCheckpoints::load(std::span<const RunNumber> runs) {
  const std::lock_guard lock(mutex_);
  std::vector<StoredRun> found;
  for (const RunNumber number : runs)
    if (const auto entry = rows_.find(number); entry != rows_.end()) found.push_back(entry->second.run);
  return found;
}

std::size_t MemoryCheckpoints::prune(Timestamp before, std::size_t limit) {
  const std::lock_guard lock(mutex_);
  require_writable();
  std::size_t pruned = 0;
  for (auto entry = rows_.begin(); entry != rows_.end() && pruned < limit;) {
    const Row& row = entry->second;
    if (row.run.status == RunStatus::kFailed || unfinished(row.run.status) || !row.is_older(before)) {
      ++entry;
      continue;
    }
    by_id_.erase(row.run.event.id);
    entry = rows_.erase(entry);
    ++pruned;
  }
  return pruned;
}

std::vector<FailedRun> MemoryCheckpoints::failed(Timestamp before, RunNumber above, std::size_t limit) {
  const std::lock_guard lock(mutex_);
  std::vector<FailedRun> found;
  for (auto entry = rows_.upper_bound(above); entry != rows_.end() && found.size() < limit; ++entry)
    if (entry->second.run.status == RunStatus::kFailed && entry->second.is_older(before))
      found.push_back({entry->first, entry->second.run.event.id});
  return found;
}

std::size_t MemoryCheckpoints::forget(std::span<const RunNumber> failed) {
  const std::lock_guard lock(mutex_);
  require_writable();
  std::size_t forgotten = 0;
  for (const RunNumber run : failed) {
    const auto entry = rows_.find(run);
    if (entry == rows_.end() || entry->second.run.status != RunStatus::kFailed) continue;
    by_id_.erase(entry->second.run.event.id);
    rows_.erase(entry);
    ++forgotten;
  }
  return forgotten;
}

void MemoryCheckpoints::refuse_writes(std::string reason) {
  const std::lock_guard lock(mutex_);
  refusal_ = std::move(reason);
}

std::size_t MemoryCheckpoints::groups() const {
  const std::lock_guard lock(mutex_);
  return groups_;
}

void MemoryCheckpoints::require_writable() const {
  if (!refusal_.empty()) throw UnavailableError("write checkpoints to memory: " + refusal_);
}

void MemoryCheckpoints::save(Before& before, RunNumber run) const {
  if (before.contains(run)) return;
  const auto entry = rows_.find(run);
  before.try_emplace(run, entry == rows_.end() ? std::nullopt : std::optional<Row>(entry->second));
}

void MemoryCheckpoints::put_back(const Before& before) {
  for (const auto& [number, row] : before) {
    if (row) {
      rows_[number] = *row;
    } else if (const auto entry = rows_.find(number); entry != rows_.end()) {
      by_id_.erase(entry->second.run.event.id);
      rows_.erase(entry);
    }
  }
}

MemoryCheckpoints::Row& MemoryCheckpoints::row(RunNumber run) {
  const auto entry = rows_.find(run);
  if (entry == rows_.end())
    throw Error("commit checkpoints: run " + std::to_string(run) + " was never started in this store");
  return entry->second;
}

void MemoryCheckpoints::insert(const RunStarted& started) {
  Row row;
  row.run.run = started.run;
  row.run.event = started.event;
  row.run.resumes = started.event.resumes;
  rows_.emplace(started.run, std::move(row));
  by_id_.emplace(started.event.id, started.run);
  last_run_ = std::max(last_run_, started.run);
}

void MemoryCheckpoints::apply(const RunStarted& record) {
  const auto by_number = rows_.find(record.run);
  const auto by_id = by_id_.find(record.event.id);
  if (by_number == rows_.end() && by_id == by_id_.end()) return insert(record);
  if (by_id == by_id_.end() || by_id->second != record.run)
    throw Error("commit checkpoints: run " + std::to_string(record.run) + " of event " + record.event.id +
                " clashes with a run that this store holds");
}

void MemoryCheckpoints::apply(const StepSettled& record) {
  Row& row = this->row(record.run);
  if (!holds_step(row.run, record.step)) row.run.steps.push_back(record);
  std::erase_if(row.run.retries, named(record.step));
  if (row.run.status == RunStatus::kWaiting) set_running(row.run);
}

void MemoryCheckpoints::apply(const AttemptFailed& record) {
  Row& row = this->row(record.run);
  if (row.run.status == RunStatus::kWaiting) set_running(row.run);
  if (holds_step(row.run, record.step)) return;
  auto& retries = row.run.retries;
  const auto known = std::find_if(retries.begin(), retries.end(), named(record.step));
  if (known != retries.end() && known->attempts >= record.attempt) return;
  if (known != retries.end()) retries.erase(known);
  retries.push_back({record.step, record.attempt, record.error, record.first_started_at, record.failed_at,
                     record.retry_at, record.uncharged});
}

void MemoryCheckpoints::apply(const RunParked& record) {
  Row& row = this->row(record.run);
  if (!unfinished(row.run.status)) return;
  row.run.status = RunStatus::kWaiting;
  row.run.reason = record.reason;
  row.wake_at = record.wake_at;
}

void MemoryCheckpoints::apply(const RunCancelled& record) {
  StoredRun& run = row(record.run).run;
  if (!run.cancelled) run.cancelled = record.cancellation;
}

void MemoryCheckpoints::apply(const RunEnded& record) {
  Row& row = this->row(record.run);
  if (!unfinished(row.run.status)) return;
  row.run.status = record.status;
  row.run.reason = record.reason;
  row.run.resumable = record.resumable;
  row.run.failure = record.failure;
  row.ended_at = record.at;
  if (record.status != RunStatus::kFailed) return;
  for (StepSettled& step : row.run.steps)
    step.caught = std::find(record.caught.begin(), record.caught.end(), step.step) != record.caught.end();
}

void MemoryCheckpoints::apply(const RunReopened& record) {
  Row& row = this->row(record.run);
  set_running(row.run);
  row.run.resumes = row.run.event.resumes = record.resumes;
  row.run.event.position = record.position;
  row.run.retries.clear();
  row.run.cancelled = {};
  std::erase_if(row.run.steps, [](const StepSettled& step) { return step.failed && !step.caught; });
}

void MemoryCheckpoints::apply(const RunRedelivered& record) {
  Row& row = this->row(record.run);
  row.run.event.position = record.position;
  row.run.event.deliveries = record.deliveries;
  if (ended(row.run.status)) return;
  set_running(row.run);
}

}  // namespace pawl::testing
