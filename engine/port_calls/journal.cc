// One commit at a time; a failed group goes first again.
#include "engine/port_calls/journal.h"

#include "engine/authoring/errors.h"
#include "engine/faults/crash_point.h"

namespace pawl::engine {

void Journal::append(Checkpoint record) {
  const RunNumber run = run_of(record);
  if (std::exchange(pending_->last_run, run) != run) ++pending_->runs;
  pending_->records.push_back(std::move(record));
}

void Journal::commit(Checkpoints& store, Group& group) try {
  crash_point(CrashPoint::kBeforeCheckpoint);
  store.commit(group.records);
  crash_point(CrashPoint::kAfterCheckpoint);
} catch (const RefusedError& error) {
  group.error = error.what();
  group.refused = true;
} catch (const std::exception& error) {  // the group is kept and repeated; nothing of it counts until it is durable
  group.error = error.what();
}

void Journal::flush(Timestamp now) {
  if (due_at(now).value_or(Timestamp::max()) > now) return;
  std::shared_ptr<Group> group = std::move(failed_);
  if (!group) group = std::exchange(pending_, std::make_shared<Group>());
  group->began = now;
  committing_ = true;
  lanes_.submit(
      lane_, [&store = store_, group] { commit(store, *group); }, [this, group] { committed(group); });
}

std::optional<Timestamp> Journal::due_at(Timestamp now) const {
  if (committing_ || (pending_->records.empty() && !failed_)) return std::nullopt;
  if (backoff_.down()) return std::max(now, backoff_.retry_at());
  if (failed_) return now;
  return std::max({now, pending_->due, pending_->runs < kMany ? rested_at_ : now});
}

void Journal::committed(const std::shared_ptr<Group>& group) {
  committing_ = false;
  if (group->runs >= kFew && group->runs < kMany)
    rested_at_ = clock_.now() + std::min<Duration>(kRest * (clock_.now() - group->began), kRestMost);
  if (!group->error.empty()) {
    backoff_.failed(group->error, clock_.now());
    if (group->refused) refusal_ = group->error;
    group->error.clear();
    failed_ = group;
    return;
  }
  backoff_.answered();
  ++groups_;
  measures_.duration.add(clock_.now() - group->began);
  measures_.records.add(static_cast<std::int64_t>(group->records.size()));
  for (const Durable& durable : group->durable) durable();
}

}  // namespace pawl::engine
