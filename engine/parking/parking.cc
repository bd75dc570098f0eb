// Held runs trickle back as their step takes them, waiting ones when they are due.
#include "engine/parking/parking.h"

#include <algorithm>
#include <utility>

#include "engine/authoring/errors.h"

namespace pawl::engine {

// Of each step that holds some, the best of them as a probe is kept.
Wait Parking::wait_of(const RunState& run) const {
  Wait wait;
  for (const Execution* execution : run.held) {
    const StepQueue& queue = use_.queues.of(*execution);
    const Refusals::Mark mark = queue.mark_of(*execution);
    if (wait.held_by.empty() || wait.held_by.back().step != execution->step)
      wait.held_by.push_back({execution->step, mark});
    else if (queue.refusals().rank(mark) < queue.refusals().rank(wait.held_by.back().mark))
      wait.held_by.back().mark = mark;
  }
  if (!run.held.empty()) wait.reason = use_.queues.of(**run.held.begin()).why_held(use_.clock.now());
  if (run.backing_off.empty()) return wait;
  const Execution& first = *run.backing_off.begin()->second;
  wait.until = first.retry_at;
  wait.reason = first.step->name() + " backs off: " + first.error + (run.held.empty() ? "" : "; " + wait.reason);
  return wait;
}

void Parking::wake(RunNumber run, bool retry_now) {
  if (is_loading(run)) return;
  wakes_.wake(run, use_.clock.now());
  if (retry_now) retry_now_.insert(run);
}

// While a step's circuit is open one of those that it holds probes.
void Parking::release_held(std::size_t room) {
  const Timestamp at = use_.clock.now();
  for (StepQueue& queue : use_.queues) {
    const StepBase* step = &queue.step();
    queue.look_at_service(at);
    if (queue.empty() && wakes_.held(step) > 0 && queue.circuit().wants_probe(at))
      release_probe(queue, at);
    else
      wakes_.release(step, queue.may_return(at, wakes_.held(step), room), at);
  }
}

// The longest held one, unless the service refuses everybody: then one that it has not refused yet, if there is any.
void Parking::release_probe(StepQueue& queue, Timestamp at) {
  const Circuit& circuit = queue.circuit();
  using Rank = Refusals::Rank;
  const Rank worst = circuit.admits(at, Rank::kRefused) ? Rank::kRefused : Rank::kBoth;
  if (circuit.refused())
    queue.set_held_rank(wakes_.release_probe(&queue.step(), queue.refusals(), worst, at));
  else
    wakes_.release(&queue.step(), 1, at);
}

std::optional<Timestamp> Parking::held_due_at() const {
  const Timestamp at = use_.clock.now();
  std::optional<Timestamp> first;
  for (const StepQueue& queue : use_.queues) {
    if (wakes_.held(&queue.step()) == 0) continue;
    if (const auto due = queue.held_due_at(at); due && (!first || *due < *first)) first = due;
  }
  return first;
}

std::optional<Timestamp> Parking::wake_due_at() const {
  return loads_.waits(use_.clock.now()) ? std::nullopt : wakes_.next();
}

void Parking::wake_due(std::size_t room) {
  const Timestamp at = use_.clock.now();
  if (loads_.waits(at)) return;
  const auto call = std::make_shared<Load>(Load{wakes_.take(at, room)});
  if (call->runs.empty()) return;
  loading_.insert(call->runs.begin(), call->runs.end());
  use_.lanes.submit(
      use_.lane, [&store = use_.store, call] { load(store, *call); }, [this, call] { loaded(*call); });
}

void Parking::load(Checkpoints& store, Load& load) try {
  load.found = store.load(load.runs);
} catch (const RefusedError& error) {
  load.error = error.what();
  load.refused = true;
} catch (const std::exception& error) {  // the runs stay parked and are tried again
  load.error = error.what();
}

void Parking::loaded(Load& load) {
  for (const RunNumber run : load.runs) loading_.erase(run);
  if (load.error.empty()) {
    loads_.answered();
    for (StoredRun& run : load.found) run.retry_now = retry_now_.erase(run.run) > 0;
    return loaded_(std::move(load.found));
  }
  const Timestamp at = use_.clock.now();
  loads_.failed(load.error, at);
  if (load.refused) store_refusal_ = load.error;
  for (const RunNumber run : load.runs) wakes_.at(at, run);
}

}  // namespace pawl::engine
