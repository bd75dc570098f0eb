// A run leaves memory while nothing of it moves, and comes back for whichever of its waits is over first.
#include <algorithm>

#include "engine/authoring/errors.h"
#include "engine/faults/crash_point.h"
#include "engine/runtime/runner_parts.h"

namespace pawl::engine {

namespace {

constexpr Duration kLookAtHeld = std::chrono::seconds{1};
constexpr Duration kMisfitWait = std::chrono::hours{1};
constexpr Duration kQuarantineWait = std::chrono::seconds{1};
constexpr std::size_t kWakeAtOnce = 500;

/// Everything that a run waits for.
struct Waits {
  const Execution* backs_off = nullptr;  ///< The one that is due first.
  std::vector<const Execution*> held;
};

Waits waits_of(const RunState& run) {
  Waits waits;
  if (!run.backing_off.empty()) waits.backs_off = run.backing_off.begin()->second;
  waits.held.assign(run.held.begin(), run.held.end());
  return waits;
}

}  // namespace

void Runner::Parts::leave(RunState& run) {
  run.leaving = true;
  runs_.stop_looking(run);
}

void Runner::Parts::park(RunState& run) {
  const Waits waits = waits_of(run);
  RunParked parked{run.stored.run, now(), {}};
  std::optional<Timestamp> when;
  if (!waits.held.empty()) parked.reason = queue_of(*waits.held.front()).why_held(now());
  if (waits.backs_off) {
    parked.wake_at = *(when = waits.backs_off->retry_at);
    parked.reason = waits.backs_off->step->name() + " backs off: " + waits.backs_off->error +
                    (waits.held.empty() ? "" : "; " + parked.reason);
  }
  leave(run);
  run.parking = parked;
  journal_.add(std::move(parked), [this, number = run.stored.run, when, held_by = held_by(waits.held)] {
    crash_point(CrashPoint::kRunParked);
    forget(number);
    wakes_.park(number, when, held_by);
  });
}

// Each step once, with the best of its executions as a probe.
std::vector<WakeList::HeldBy> Runner::Parts::held_by(const std::vector<const Execution*>& held) {
  std::vector<WakeList::HeldBy> steps;
  for (const Execution* execution : held) {
    const Refusals::Mark mark = queue_of(*execution).mark_of(*execution);
    if (steps.empty() || steps.back().step != execution->step)
      steps.push_back({execution->step, mark});
    else if (steps.back().mark.refused)
      steps.back().mark = mark;
  }
  return steps;
}

// F18: another build began it. It is not skipped: due at once for the next process, which may be the right build.
void Runner::Parts::park_misfit(const StoredRun& stored, const std::string& why) {
  const std::string reason = "does not fit this build: " + why;
  notify(NoticeKind::kRunMisfit, stored.event.id, "", reason);
  RunParked parked{stored.run, now(), reason};
  if (RunState* const run = runs_.find(stored.run)) run->parking = parked;
  journal_.add(std::move(parked), [this, number = stored.run] {
    forget(number);
    wakes_.at(now() + kMisfitWait, number);
  });
}

// Whoever waits for a step that takes executions again comes back, no faster than the step can take them. While its
// circuit is open one of them probes.
void Runner::Parts::release_held() {
  const Timestamp at = now();
  for (const auto& queue : queues_) {
    const StepBase* step = &queue->step();
    queue->look_at_service(at);
    if (queue->empty() && wakes_.held(step) > 0 && queue->circuit().wants_probe(at))
      release_probe(*queue, at);
    else
      wakes_.release(step, queue->may_return(at, wakes_.held(step), room_to_wake()), at);
  }
}

// The longest held one, unless the service refuses everybody: then one that it has not refused yet, if there is any.
void Runner::Parts::release_probe(StepQueue& queue, Timestamp at) {
  const Circuit& circuit = queue.circuit();
  using Rank = Refusals::Rank;
  const Rank worst = circuit.admits(at, Rank::kRefused) ? Rank::kRefused : Rank::kTenant;
  if (circuit.refused())
    queue.set_held_rank(wakes_.release_probe(&queue.step(), queue.refusals(), worst, at));
  else
    wakes_.release(&queue.step(), 1, at);
}

void Runner::Parts::wake_due() {
  if (draining_ || loads_.waits(now())) return;
  const auto due = wakes_.take(now(), room_to_wake());
  if (due.empty()) return;
  waking_ += due.size();
  struct Load {
    std::vector<RunNumber> runs;
    std::vector<StoredRun> found;
    std::string error;
    bool refused = false;
  };
  const auto load = std::make_shared<Load>(Load{due, {}, {}});
  lanes_.submit(
      kCheckpointLane,
      [&store = ports_.checkpoints, load] {
        try {
          load->found = store.load(load->runs);
        } catch (const RefusedError& error) {
          load->error = error.what();
          load->refused = true;
        } catch (const std::exception& error) {  // the runs stay parked and are tried again
          load->error = error.what();
        }
      },
      [this, load] {
        waking_ -= load->runs.size();
        if (load->error.empty()) {
          loads_.answered();
          return woken(std::move(load->found));
        }
        loads_.failed(load->error, now());
        if (load->refused) store_refusal_ = load->error;
        for (const RunNumber run : load->runs) wakes_.at(now(), run);
      });
}

void Runner::Parts::woken(std::vector<StoredRun> found) {
  for (StoredRun& stored : found) {
    const bool unfinished = stored.status == RunStatus::kWaiting || stored.status == RunStatus::kRunning;
    if (runs_.contains(stored.run) || suspects_.holds(stored.run) || !unfinished) continue;
    const WorkflowDefinition* workflow = find_workflow(workflows_, stored);
    if (!workflow) {
      park_misfit(stored, "no workflow named " + stored.workflow);
      continue;
    }
    switch (suspects_.of_woken(stored, moving())) {
      case Admission::kEnters:
        wake(*workflow, std::move(stored));
        break;
      case Admission::kIsHeld:
        suspects_.hold(std::move(stored));
        break;
      case Admission::kWaits:
        wakes_.at(now() + kQuarantineWait, stored.run);
        break;
    }
  }
}

// P8: on record as moving before anything of it runs, so that it counts as a delivery if it takes the process down.
void Runner::Parts::wake(const WorkflowDefinition& workflow, StoredRun stored) {
  const RunRedelivered moving{stored.run, stored.event.position, stored.event.deliveries};
  enter(workflow, std::move(stored), true);
  journal_.add(moving, [this, number = moving.run] { move(*runs_.find(number)); });
}

bool Runner::Parts::last_delivery_moves() const {
  return suspects_.held() && !(draining_ && suspects_.held()->status == RunStatus::kWaiting);
}

void Runner::Parts::wake_last_delivery() {
  if (!last_delivery_moves() || intake_->busy() || moving() > 0) return;
  StoredRun stored = suspects_.release();
  const WorkflowDefinition* workflow = find_workflow(workflows_, stored);
  if (workflow) wake(*workflow, std::move(stored));
}

// A run in memory of which a part moves: what of it waits is looked at when it is due, so that a retry does not wait
// for a sibling that is stuck.
void Runner::Parts::look_again_later(RunState& run) {
  if (!run.waiting()) return;
  Timestamp when = run.held.empty() ? Timestamp::max() : now() + kLookAtHeld;
  if (!run.backing_off.empty()) when = std::min(when, run.backing_off.begin()->first);
  runs_.look_again(run, when);
}

void Runner::Parts::look_again() {
  if (draining_) return;
  while (RunState* const run = runs_.take_due(now())) {
    while (!run->backing_off.empty() && run->backing_off.begin()->first <= now()) {
      Execution& due = *run->backing_off.begin()->second;
      queue_of(due).offer(due, now(), true);
    }
    for (Execution* held : std::vector<Execution*>(run->held.begin(), run->held.end()))
      queue_of(*held).offer(*held, now(), true);
    move(*run);
  }
}

}  // namespace pawl::engine
