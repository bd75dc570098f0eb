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
  stop_looking(run);
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
    StepQueue& queue = queue_of(*execution);
    const Refusals::Mark mark = queue.mark_of(*execution);
    if (steps.empty() || steps.back().step != execution->step)
      steps.push_back({execution->step, mark});
    else if (queue.refusals().rank(mark) < queue.refusals().rank(steps.back().mark))
      steps.back().mark = mark;
  }
  return steps;
}

// F18: another build began it. It is not skipped: due at once for the next process, which may be the right build.
void Runner::Parts::park_misfit(const StoredRun& stored, const std::string& why) {
  const std::string reason = "does not fit this build: " + why;
  notify(NoticeKind::kRunMisfit, stored.event, "", reason);
  RunParked parked{stored.run, now(), reason};
  if (const auto run = runs_.find(stored.run); run != runs_.end()) run->second->parking = parked;
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
  const Rank worst = circuit.admits(at, Rank::kRefused) ? Rank::kRefused : Rank::kDestination;
  if (circuit.refused())
    queue.set_held_rank(wakes_.release_probe(&queue.step(), queue.refusals(), worst, at));
  else
    wakes_.release(&queue.step(), 1, at);
}

// Fresh events always find room: what has waited takes at most three quarters of the window, and no place that a claim
// may fill.
std::size_t Runner::Parts::room_to_wake() const {
  const std::size_t most = std::max<std::size_t>(options_.moving_max - options_.moving_max / 4, 1);
  const std::size_t taken = woken_ + waking_;
  const std::size_t reserved = intake_->coming();
  if (taken >= most || reserved >= room()) return 0;
  return std::min({room() - reserved, most - taken, kWakeAtOnce});
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
    const bool is_here = runs_.contains(stored.run) || (last_delivery_ && last_delivery_->run == stored.run);
    if (is_here || !unfinished) continue;
    const WorkflowDefinition* workflow = find_workflow(workflows_, stored.workflow);
    if (!workflow) {
      park_misfit(stored, "no workflow named " + stored.workflow);
      continue;
    }
    const int own = quarantine_of(stored.event.deliveries - 1, options_.deliveries_max);
    if (own == 1 && !last_delivery_)  // not at once: a claim under way may bring others
      last_delivery_ = std::move(stored);
    else if (own != 1 && quarantine().admits(own))
      wake(*workflow, std::move(stored));
    else
      wakes_.at(now() + kQuarantineWait, stored.run);
  }
}

// P8: on record as moving before anything of it runs, so that it counts as a delivery if it takes the process down.
void Runner::Parts::wake(const WorkflowDefinition& workflow, StoredRun stored) {
  const RunRedelivered moving{stored.run, stored.event.position, stored.event.deliveries};
  enter(workflow, std::move(stored)).woken = true;
  ++woken_;
  journal_.add(moving, [this, number = moving.run] { move(*runs_.at(number)); });
}

bool Runner::Parts::last_delivery_moves() const {
  return last_delivery_ && !(draining_ && last_delivery_->status == RunStatus::kWaiting);
}

void Runner::Parts::wake_last_delivery() {
  if (!last_delivery_moves() || intake_->busy() || !quarantine().admits(1)) return;
  StoredRun stored = *std::exchange(last_delivery_, std::nullopt);
  const WorkflowDefinition* workflow = find_workflow(workflows_, stored.workflow);
  if (workflow && !runs_.contains(stored.run)) wake(*workflow, std::move(stored));
}

// A run in memory of which a part moves: what of it waits is looked at when it is due, so that a retry does not wait
// for a sibling that is stuck.
void Runner::Parts::look_again_later(RunState& run) {
  if (!run.waiting()) return;
  Timestamp when = run.held.empty() ? Timestamp::max() : now() + kLookAtHeld;
  if (!run.backing_off.empty()) when = std::min(when, run.backing_off.begin()->first);
  if (run.look_again_at != Timestamp{} && run.look_again_at <= when) return;
  stop_looking(run);
  look_again_at_.insert({when, run.stored.run});
  run.look_again_at = when;
}

void Runner::Parts::stop_looking(RunState& run) {
  look_again_at_.erase({run.look_again_at, run.stored.run});
  run.look_again_at = {};
}

void Runner::Parts::look_again() {
  if (draining_) return;
  while (!look_again_at_.empty() && look_again_at_.begin()->first <= now()) {
    RunState& run = *runs_.at(look_again_at_.begin()->second);
    stop_looking(run);
    while (!run.backing_off.empty() && run.backing_off.begin()->first <= now()) {
      Execution& due = *run.backing_off.begin()->second;
      queue_of(due).offer(due, now(), true);
    }
    for (Execution* held : std::vector<Execution*>(run.held.begin(), run.held.end()))
      queue_of(*held).offer(*held, now(), true);
    move(run);
  }
}

}  // namespace pawl::engine
