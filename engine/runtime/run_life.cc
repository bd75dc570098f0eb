// What a run does next is decided elsewhere (engine/runs/decider.h); here it is done.
#include "engine/runtime/run_life.h"

#include <algorithm>

#include "engine/faults/crash_point.h"
#include "engine/runs/decider.h"

namespace pawl::engine {

namespace {

constexpr Duration kLookAtHeld = std::chrono::seconds{1};
constexpr Duration kMisfitWait = std::chrono::hours{1};
constexpr Duration kQuarantineWait = std::chrono::seconds{1};

std::string reason_of(const Mark& mark) {
  std::string reason = "asked for by " + mark.asked.by;
  if (!mark.asked.note.empty()) reason.append(": ").append(mark.asked.note);
  return reason;
}

/// Of whatever counts runs by how they ended.
void count_end(auto& counts, RunStatus status) {
  ++(status == RunStatus::kDone ? counts.done : status == RunStatus::kCancelled ? counts.cancelled : counts.failed);
}

}  // namespace

const WorkflowDefinition* find_workflow(const std::vector<WorkflowDefinition>& workflows, const std::string& name) {
  const auto found = std::ranges::find(workflows, name, &WorkflowDefinition::name);
  return found == workflows.end() ? nullptr : &*found;
}

namespace {

// What the workflow says to archive; nothing as well where it cannot say.
Boxed<std::string> said_to_archive(const WorkflowDefinition* workflow, const std::string& payload) try {
  if (!workflow || !workflow->payload_to_archive) return {};
  return workflow->payload_to_archive(payload);
} catch (...) {  // a workflow may throw anything
  return {};
}

}  // namespace

RunState& RunLife::enter(const WorkflowDefinition& workflow, StoredRun stored, bool woken) {
  misfits_.erase(stored.run);
  stored.payload_to_archive = said_to_archive(&workflow, stored.event.payload);
  auto run = std::make_unique<RunState>(workflow, std::move(stored));
  run->woken = woken;
  run->quarantine = use_.quarantine.entered(run->stored);
  return use_.runs.add(std::move(run));
}

// A crash loop ends here, without a step of it being started.
void RunLife::admit(const WorkflowDefinition& workflow, StoredRun stored) {
  if (use_.quarantine.of_delivered(stored, moving()) == Admission::kIsHeld)
    return use_.quarantine.hold(std::move(stored));
  RunState& run = enter(workflow, std::move(stored), false);
  if (const std::string why = use_.quarantine.set_aside(run.stored); !why.empty())
    return run.stored.cancelled ? end_durably(run, RunStatus::kCancelled, cancelled_reason(run), {})
                                : end_durably(run, RunStatus::kFailed, why, {{}, {}, FailureClass::kPoison, {}});
  move(run);
}

void RunLife::admit_cancelled(const WorkflowDefinition& workflow, StoredRun stored, const Cancellation& cancellation) {
  ++deferred_;
  stored.cancelled = cancellation;
  record(stored, cancellation, [this, &workflow, stored] {
    --deferred_;
    admit(workflow, stored);
  });
}

void RunLife::woken(std::vector<StoredRun> loaded) {
  for (StoredRun& stored : loaded) {
    misfits_.erase(stored.run);
    const bool unfinished = stored.status == RunStatus::kWaiting || stored.status == RunStatus::kRunning;
    if (use_.runs.contains(stored.run) || use_.quarantine.holds(stored.run) || !unfinished) continue;
    const WorkflowDefinition* workflow = find_workflow(use_.workflows, stored.event.workflow);
    if (!workflow) {
      park_misfit(stored, "no workflow named " + stored.event.workflow);
      continue;
    }
    switch (use_.quarantine.of_woken(stored, moving())) {
      case Admission::kEnters:
        wake(*workflow, std::move(stored));
        break;
      case Admission::kIsHeld:
        use_.quarantine.hold(std::move(stored));
        break;
      case Admission::kWaits:
        use_.parking.park(stored.run, now() + kQuarantineWait);
        if (stored.retry_now) use_.parking.retry_now_once_loaded(stored.run);
        break;
    }
  }
}

void RunLife::wake_held() {
  StoredRun stored = use_.quarantine.release();
  if (const auto* workflow = find_workflow(use_.workflows, stored.event.workflow)) wake(*workflow, std::move(stored));
}

// On record as moving before anything of it runs, so that it counts as a delivery if it takes the process down.
void RunLife::wake(const WorkflowDefinition& workflow, StoredRun stored) {
  const RunRedelivered moving{stored.run, stored.event.position, stored.event.deliveries};
  enter(workflow, std::move(stored), true);
  use_.journal.add(moving, [this, number = moving.run] { move(*use_.runs.find(number)); });
}

// Nothing of a run executes before its code has met all of its checkpoints and fits them.
void RunLife::move(RunState& run) {
  while (!run.leaving) {
    switch (next_move({run.returned(), run.can_advance(), run.moving(), run.waiting()})) {
      case NextMove::kAdvance:
        run.advance();
        if (run.can_advance()) break;
        if (const std::string why = misfit(run); !why.empty() && !run.executing) {
          if (run.stored.cancelled) return end_durably(run, RunStatus::kCancelled, cancelled_reason(run), {});
          leave(run);
          return park_misfit(run.stored, why);
        }
        run.executing = true;
        use_.dispatch.offer_fresh(run);
        break;
      case NextMove::kLeave:
        return look_again_later(run);
      case NextMove::kPark:
        return park(run);
      case NextMove::kEnd:
        return end(run);
    }
  }
}

// A run in memory of which a part moves: what of it waits is looked at when it is due, so that a retry does not wait
// for a sibling that is stuck.
void RunLife::look_again_later(RunState& run) {
  if (!run.waiting()) return;
  Timestamp when = run.held.empty() ? Timestamp::max() : now() + kLookAtHeld;
  if (!run.backing_off.empty()) when = std::min(when, run.backing_off.begin()->first);
  use_.runs.look_again(run, when);
}

void RunLife::look_again() {
  while (RunState* const run = use_.runs.take_due(now())) {
    use_.dispatch.offer_waiting(*run);
    move(*run);
  }
}

void RunLife::leave(RunState& run) {
  run.leaving = true;
  use_.runs.stop_looking(run);
}

void RunLife::park(RunState& run) {
  Wait wait = use_.parking.wait_of(run);
  leave(run);
  run.parking = RunParked{run.stored.run, wait.until.value_or(now()), wait.reason};
  use_.journal.add(*run.parking, [this, number = run.stored.run, wait = std::move(wait)] {
    crash_point(CrashPoint::kRunParked);
    const RunState* const leaving = use_.runs.find(number);
    const bool cancelled = leaving != nullptr && leaving->abandons();  // meanwhile: it is woken to be ended
    forget(number);
    cancelled ? use_.parking.park(number, now()) : use_.parking.park(number, wait);
  });
}

// A mark of a cancellation that is on record already was set again by whoever wants its run tried now.
MarkTaken RunLife::asked(const Mark& mark, const StoredRun* stored) {
  RunState* const run = use_.runs.find(mark.id);
  const auto& held = use_.quarantine.held();
  if (run == nullptr && !(held && held->event.id == mark.id))
    return stored == nullptr ? MarkTaken::kParked : asked_parked(mark, *stored);
  if (run != nullptr && run->leaving) return MarkTaken::kLater;  // for the store, or for good
  const StoredRun& known = run == nullptr ? *held : run->stored;
  const auto& came_with = known.event.cancel;
  if (came_with && came_with->asked_at == mark.asked.asked_at) return MarkTaken::kDone;
  if (mark.kind == Mark::Kind::kCancel && !known.cancelled)
    cancel(known, mark.asked);
  else if (run != nullptr)
    retry_now(*run, mark);
  else
    use_.quarantine.retry_now();  // it moves as soon as it is alone
  return MarkTaken::kDone;
}

void RunLife::retry_now(RunState& run, const Mark& mark) {
  use_.observer.on(notice_of(NoticeKind::kRetryNow, run.stored.event, "", reason_of(mark)));
  use_.dispatch.retry_now(run);
  if (run.started) move(run);
}

// Of a run that is neither in memory nor held, nor on its way there, the store says that it waits: then it is parked.
MarkTaken RunLife::asked_parked(const Mark& mark, const StoredRun& stored) {
  if (stored.status != RunStatus::kWaiting || use_.parking.is_loading(stored.run)) return MarkTaken::kLater;
  if (mark.kind == Mark::Kind::kCancel && !stored.cancelled) {
    cancel(stored, mark.asked);
  } else {  // also where it was cancelled before: by a worker that died before it was woken, or its code waits
    use_.observer.on(notice_of(NoticeKind::kRetryNow, stored.event, "", reason_of(mark)));
    use_.parking.wake(stored.run, true);
  }
  return MarkTaken::kDone;
}

void RunLife::cancel(const StoredRun& stored, const Cancellation& cancellation) {
  if (!stored.cancelled)
    record(stored, cancellation, [this, number = stored.run, cancellation] { cancelled(number, cancellation); });
}

void RunLife::record(const StoredRun& stored, const Cancellation& cancellation, std::function<void()> durable) {
  use_.observer.on(notice_of(NoticeKind::kRunCancelled, stored.event, "", reason_of(cancellation)));
  crash_point(CrashPoint::kRunCancelled);
  use_.journal.add(RunCancelled{stored.run, cancellation, now()}, std::move(durable));
}

// Wherever the run is by now. One that is being loaded was read after the record, or is in memory before this; one that
// has not started is about to.
void RunLife::cancelled(RunNumber number, const Cancellation& cancellation) {
  RunState* const run = use_.runs.find(number);
  if (run == nullptr) {
    if (use_.quarantine.holds(number)) return use_.quarantine.cancel(cancellation);
    return use_.parking.wake(number, false);
  }
  if (run->stored.cancelled) return;
  use_.dispatch.cancel(*run, cancellation);
  if (run->started) move(*run);
}

// Due at once for the next process, which may be the right build.
void RunLife::park_misfit(const StoredRun& stored, const std::string& why) {
  const std::string reason = "does not fit this build: " + why;
  misfits_.insert(stored.run);
  use_.observer.on(notice_of(NoticeKind::kRunMisfit, stored.event, "", reason));
  RunParked parked{stored.run, now(), reason};
  if (RunState* const run = use_.runs.find(stored.run)) run->parking = parked;
  use_.journal.add(std::move(parked), [this, number = stored.run] {
    const RunState* const run = use_.runs.find(number);
    const bool cancelled = run != nullptr && run->abandons();
    forget(number);
    use_.parking.park(number, cancelled ? now() : now() + kMisfitWait);
  });
}

void RunLife::end(RunState& run) {
  leave(run);
  if (run.stored.cancelled) return end_durably(run, RunStatus::kCancelled, cancelled_reason(run), {});
  if (const std::string why = misfit(run); !why.empty()) return park_misfit(run.stored, why);
  const RunStatus status = run.failure ? RunStatus::kFailed : RunStatus::kDone;
  std::string reason = failure_reason(run);
  if (!run.note.empty()) reason += (reason.empty() ? "" : "; ") + run.note;
  end_durably(run, status, reason, failure_of(run));
}

void RunLife::end_durably(RunState& run, RunStatus status, const std::string& reason, const Failure& failure) {
  leave(run);
  RunEnded ended{run.stored.run, status, reason, now()};
  ended.failure = failure;
  run.stored.failure = failure;
  if (status == RunStatus::kFailed) {
    ended.caught = caught_failures(run);
    ended.resumable = resumable(run, ended.caught);
  } else if (status == RunStatus::kDone && run.in(Execution::Phase::kFailed) > 0) {
    ended.resumable = Resumable::kNowhere;
  }
  const Resumable resumable = ended.resumable;
  const bool done_with_note = status == RunStatus::kDone && !run.note.empty();
  use_.journal.add(std::move(ended), [this, number = run.stored.run, status, reason, resumable, done_with_note] {
    crash_point(CrashPoint::kRunEnded);
    const StoredRun& stored = use_.runs.find(number)->stored;  // as it is now: a redelivery may have moved the event
    FinishedEvent end{stored.event.position, stored.event.id, status, reason, resumable};
    end.failure = *stored.failure;
    ends_.done_with_note += done_with_note;
    archive(std::move(end), stored.event, stored.payload_to_archive,
            stored.is_as_emitted ? EndedPayload::kEmitted : EndedPayload::kStored);
    forget(number);
  });
}

void RunLife::finished(FinishedEvent end, const Event& event, const WorkflowDefinition* workflow) {
  archive(std::move(end), event, said_to_archive(workflow, event.payload), EndedPayload::kEmitted);
}

void RunLife::archive(FinishedEvent end, const Event& event, const Boxed<std::string>& said,
                      EndedPayload else_payload) {
  RunMeasures& measures = measures_of(event.workflow);
  count_end(ends_, end.status);
  count_end(measures, end.status);
  if (event.resumes == 0) measures.end_to_end.add(now() - event.created_at);  // else most of it is an operator's time
  use_.observer.on(notice_of(NoticeKind::kRunEnded, event, to_string(end.status), end.reason));
  end.aggregate_id = event.aggregate_id;
  end.payload = said ? *said : event.payload;
  use_.archiver.finish(std::move(end), said ? EndedPayload::kToArchive : else_payload);
}

void RunLife::forget(RunNumber number) {
  RunState* const run = use_.runs.find(number);
  if (run == nullptr) return;
  if (use_.quarantine.left(run->quarantine)) acquitted_();
  use_.runs.erase(*run);
}

}  // namespace pawl::engine
