// A run's life in memory, from the arrival of its event to its durable end.
#include <algorithm>
#include <utility>

#include "engine/faults/crash_point.h"
#include "engine/runtime/runner_parts.h"

namespace pawl::engine {

const WorkflowDefinition* find_workflow(const std::vector<WorkflowDefinition>& workflows, const StoredRun& stored) {
  const auto found = std::find_if(workflows.begin(), workflows.end(), [&](const WorkflowDefinition& workflow) {
    return stored.workflow.empty() ? workflow.event_type == stored.event.type : workflow.name == stored.workflow;
  });
  return found == workflows.end() ? nullptr : &*found;
}

namespace {

bool ended(RunStatus status) { return status == RunStatus::kDone || status == RunStatus::kFailed; }

std::string too_large(std::int64_t bytes) {
  return "its payload of " + std::to_string(bytes) + " bytes does not reach a worker, which takes at most " +
         std::to_string(kPayloadMax) +
         " of one event, and less over a slow line, and only what is text in UTF-8; emit a reference to what is large, "
         "and"
         " no bytes that are no text";
}

// It failed at a time that is still to come: the wall clock was wrong then, or is now. How long ago that was nobody
// knows, so the next attempt is due, and the wait before it makes nothing older.
void distrust(Execution& execution, Timestamp now) {
  execution.age = std::max(execution.age - (execution.retry_at - execution.failed_at), Duration{0});
  execution.retry_at = now;
}

}  // namespace

void Runner::Parts::supersede(const UnfinishedRun& run) {
  journal_.add(RunEnded{run.run, RunStatus::kSuperseded,
                        "the outbox has it no more for this worker: another one finished it or has taken it over, or "
                        "this is another database",
                        now()});
}

void Runner::Parts::arrive(std::vector<Arrival> arrivals) {
  counters_.claimed += arrivals.size();
  for (Arrival& arrival : arrivals) {
    pruning_.event_came(arrival.event.created_at);
    if (RunState* const in_memory = runs_.find(arrival.event))
      arrive_again(*in_memory, arrival.event);
    else if (!arrival.known.empty())
      arrive_known(arrival.event, std::move(arrival.known.front()));
    else
      arrive_new(std::move(arrival.event));
  }
}

// Empty where the payload may be archived as it was emitted; also where a workflow cannot say, so that a corrected
// build can take the event up.
std::string Runner::Parts::payload_to_archive(const WorkflowDefinition* workflow, const std::string& payload) try {
  if (!workflow || !workflow->payload_to_archive) return {};
  return workflow->payload_to_archive(payload).value_or("");
} catch (const std::exception&) {
  return {};
}

void Runner::Parts::arrive_new(Event event) {
  StoredRun stored;
  stored.run = next_run_++;
  stored.resumes = event.resumes;
  stored.event = std::move(event);
  const WorkflowDefinition* workflow = find_workflow(workflows_, stored);
  stored.workflow = workflow->name;
  if (stored.event.left_out > 0)
    return finished({stored.event.position, stored.event.id, RunStatus::kFailed, too_large(stored.event.left_out)});
  RunStarted started{stored.run, stored.workflow, stored.event, now()};
  if (workflow->payload_to_keep) try {
      started.event.payload = workflow->payload_to_keep(stored.event.payload);
    } catch (const std::exception& error) {  // nothing of it is kept, so that a corrected build may begin it anew
      return finished({stored.event.position, stored.event.id, RunStatus::kFailed,
                       "workflow " + stored.workflow + " cannot say what to keep of the payload: " + error.what()});
    }
  journal_.add_soon(std::move(started), now());  // with the first step's end, mostly
  crash_point(CrashPoint::kRunStarted);
  notify(NoticeKind::kRunStarted, stored.event.id, "", "");
  admit(*workflow, std::move(stored));
}

// P2: a redelivered event finds its run. A finished one is only archived again, unless an operator resumed it.
void Runner::Parts::arrive_known(const Event& event, StoredRun stored) {
  if (event.resumes > stored.resumes) return reopen(event, std::move(stored));
  const WorkflowDefinition* workflow = find_workflow(workflows_, stored);
  if (ended(stored.status))
    return finished({event.position, event.id, stored.status, stored.reason, stored.resumable,
                     payload_to_archive(workflow, event.payload)});
  journal_.add(RunRedelivered{stored.run, event.position, event.deliveries});
  stored.status = RunStatus::kRunning;
  stored.event.position = event.position;
  stored.event.deliveries = event.deliveries;
  notify(NoticeKind::kRunResumed, event.id, "", "delivered again");
  if (workflow) return admit(*workflow, std::move(stored));
  park_misfit(stored, "no workflow named " + stored.workflow);
}

// The claim was forgotten by a crash of Postgres, or the same event was written again while its run moves. What says
// that the run waits comes once more after it, or the store would call a parked run running.
void Runner::Parts::arrive_again(RunState& run, const Event& event) {
  run.stored.event.position = event.position;
  journal_.add(RunRedelivered{run.stored.run, event.position, event.deliveries});
  if (run.parking) journal_.add(*run.parking);
}

// Also of a run that has not ended here: it failed in another store, and what was resumed is the event.
void Runner::Parts::reopen(const Event& event, StoredRun stored) {
  journal_.add(RunReopened{stored.run, event.resumes, event.position, now()});
  crash_point(CrashPoint::kRunReopened);
  std::erase_if(stored.steps, [](const StepSettled& step) { return step.failed && !step.caught; });
  stored.retries.clear();
  stored.status = RunStatus::kRunning;
  stored.event.position = event.position;
  stored.event.deliveries = event.deliveries;
  stored.resumes = event.resumes;
  notify(NoticeKind::kRunResumed, event.id, "", "by an operator");
  if (const auto* workflow = find_workflow(workflows_, stored)) return admit(*workflow, std::move(stored));
  park_misfit(stored, "no workflow named " + stored.workflow);
}

RunState& Runner::Parts::enter(const WorkflowDefinition& workflow, StoredRun stored, bool woken) {
  stored.payload_to_archive = payload_to_archive(&workflow, stored.event.payload);
  auto run = std::make_unique<RunState>(workflow, std::move(stored));
  run->woken = woken;
  run->quarantine = suspects_.entered(run->stored);
  return runs_.add(std::move(run));
}

// P8: a crash loop ends here, without a step of it being started.
void Runner::Parts::admit(const WorkflowDefinition& workflow, StoredRun stored) {
  if (suspects_.of_delivered(stored, moving()) == Admission::kIsHeld) return suspects_.hold(std::move(stored));
  RunState& run = enter(workflow, std::move(stored), false);
  if (const std::string why = suspects_.set_aside(run.stored); !why.empty())
    return end_durably(run, RunStatus::kFailed, why);
  move(run);
}

// Nothing of a run executes before its code has met all of its checkpoints and fits them.
void Runner::Parts::move(RunState& run) {
  while (!run.leaving) {
    switch (next_move({run.returned(), run.can_advance(), run.moving(), run.waiting()})) {
      case NextMove::kAdvance:
        run.advance();
        if (run.can_advance()) break;
        if (const std::string why = misfit(run); !why.empty() && !run.executing) {
          leave(run);
          return park_misfit(run.stored, why);
        }
        run.executing = true;
        queue_fresh(run);
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

void Runner::Parts::queue_fresh(RunState& run) {
  for (Execution* execution : std::exchange(run.fresh, {})) {
    if (execution->failed_at > now()) distrust(*execution, now());
    if (execution->phase() == Execution::Phase::kBackingOff && execution->retry_at > now()) continue;
    queue_of(*execution).offer(*execution, now(), run.woken);
  }
}

void Runner::Parts::end(RunState& run) {
  leave(run);
  if (const std::string why = misfit(run); !why.empty()) return park_misfit(run.stored, why);
  const RunStatus status = run.failure ? RunStatus::kFailed : RunStatus::kDone;
  std::string reason = failure_reason(run);
  if (!run.note.empty()) reason += (reason.empty() ? "" : "; ") + run.note;
  end_durably(run, status, reason);
}

void Runner::Parts::end_durably(RunState& run, RunStatus status, const std::string& reason) {
  leave(run);
  RunEnded ended{run.stored.run, status, reason, now()};
  if (status == RunStatus::kFailed) {
    ended.caught = caught_failures(run);
    ended.resumable = resumable(run, ended.caught);
  }
  const Resumable resumable = ended.resumable;
  const bool noted = !run.note.empty();
  journal_.add(std::move(ended), [this, number = run.stored.run, status, reason, resumable, noted] {
    crash_point(CrashPoint::kRunEnded);
    const StoredRun& stored = runs_.find(number)->stored;  // as it is now: a redelivery may have changed its position
    FinishedEvent end{stored.event.position, stored.event.id, status, reason, resumable, stored.payload_to_archive};
    forget(number);
    counters_.done_with_note += noted;
    finished(std::move(end));
  });
}

void Runner::Parts::finished(FinishedEvent event) {
  ++(event.status == RunStatus::kDone ? counters_.done : counters_.failed);
  notify(NoticeKind::kRunEnded, event.event_id, to_string(event.status), event.reason);
  archiver_.finish(std::move(event));
}

void Runner::Parts::forget(RunNumber number) {
  RunState* const run = runs_.find(number);
  if (run == nullptr) return;
  if (suspects_.left(run->quarantine)) intake_->claim_at_once();
  runs_.erase(*run);
}

}  // namespace pawl::engine
