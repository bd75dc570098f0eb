// A run's life in memory, from the arrival of its event to its durable end.
#include <algorithm>
#include <utility>

#include "engine/faults/crash_point.h"
#include "engine/runtime/runner_parts.h"

namespace pawl::engine {

const WorkflowDefinition* find_workflow(const std::vector<WorkflowDefinition>& workflows, const std::string& name) {
  const auto found = std::ranges::find(workflows, name, &WorkflowDefinition::name);
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
    newest_event_ = std::max(newest_event_, arrival.event.created_at);
    const auto in_memory = run_by_event_.find(arrival.event.id);
    if (in_memory != run_by_event_.end())
      arrive_again(*runs_.at(in_memory->second), arrival.event);
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
  stored.workflow = event.workflow;
  stored.event = std::move(event);
  const WorkflowDefinition* workflow = find_workflow(workflows_, stored.workflow);
  if (const std::int64_t size = stored.event.left_out; size > 0)
    return finished({.position = stored.event.position,
                     .event_id = stored.event.id,
                     .status = RunStatus::kFailed,
                     .reason = too_large(size),
                     .withheld = size},
                    stored.event);
  RunStarted started{stored.run, stored.workflow, stored.event, now()};
  if (workflow->payload_to_keep) try {
      started.event.payload = workflow->payload_to_keep(stored.event.payload);
    } catch (const std::exception& error) {  // nothing of it is kept, so that a corrected build may begin it anew
      return finished({stored.event.position, stored.event.id, RunStatus::kFailed,
                       "workflow " + stored.workflow + " cannot say what to keep of the payload: " + error.what()},
                      stored.event);
    }
  journal_.add_soon(std::move(started), now());  // with the first step's end, mostly
  crash_point(CrashPoint::kRunStarted);
  notify(NoticeKind::kRunStarted, stored.event, "", "");
  admit(*workflow, std::move(stored));
}

// P2: a redelivered event finds its run. A finished one is only archived again, unless an operator resumed it.
void Runner::Parts::arrive_known(const Event& event, StoredRun stored) {
  if (event.resumes > stored.resumes) return reopen(event, std::move(stored));
  const WorkflowDefinition* workflow = find_workflow(workflows_, stored.workflow);
  if (ended(stored.status))
    return finished({event.position, event.id, stored.status, stored.reason, stored.resumable,
                     payload_to_archive(workflow, event.payload)},
                    event);
  journal_.add(RunRedelivered{stored.run, event.position, event.deliveries});
  stored.status = RunStatus::kRunning;
  stored.event.position = event.position;
  stored.event.deliveries = event.deliveries;
  notify(NoticeKind::kRunResumed, event, "", "delivered again");
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
  notify(NoticeKind::kRunResumed, event, "", "by an operator");
  if (const auto* workflow = find_workflow(workflows_, stored.workflow)) return admit(*workflow, std::move(stored));
  park_misfit(stored, "no workflow named " + stored.workflow);
}

RunState& Runner::Parts::enter(const WorkflowDefinition& workflow, StoredRun stored) {
  const RunNumber number = stored.run;
  stored.payload_to_archive = payload_to_archive(&workflow, stored.event.payload);
  auto run = std::make_unique<RunState>(workflow, std::move(stored));
  run->weight = &weight_;
  payloads_ += run->stored.event.payload.size();
  run->quarantine = quarantine_of(run->stored.event.deliveries - 1, options_.deliveries_max);
  if (run->quarantine != kNoQuarantine) suspects_.insert(run->quarantine);
  run_by_event_[run->stored.event.id] = number;
  if (last_delivery_ && last_delivery_->run == number) last_delivery_.reset();  // it has come another way
  return *(runs_[number] = std::move(run));
}

// P8: a crash loop ends here, without a step of it being started.
void Runner::Parts::admit(const WorkflowDefinition& workflow, StoredRun stored) {
  // claimed for when it would be alone, but meanwhile another run has woken
  const int own = quarantine_of(stored.event.deliveries - 1, options_.deliveries_max);
  const bool place = !last_delivery_ || last_delivery_->run == stored.run;
  if (own == 1 && !quarantine().admits(own) && place) {
    last_delivery_ = std::move(stored);
    return;
  }
  RunState& run = enter(workflow, std::move(stored));
  const int deliveries = run.stored.event.deliveries;
  if (deliveries <= options_.deliveries_max) return move(run);
  end_durably(run, RunStatus::kFailed,
              "set aside: delivered " + std::to_string(deliveries) + " times without finishing (limit " +
                  std::to_string(options_.deliveries_max) + "); it may crash the worker");
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
  const bool done_with_note = status == RunStatus::kDone && !run.note.empty();
  journal_.add(std::move(ended), [this, number = run.stored.run, status, reason, resumable, done_with_note] {
    crash_point(CrashPoint::kRunEnded);
    const StoredRun& stored = runs_.at(number)->stored;  // as it is now: a redelivery may have changed its position
    FinishedEvent end{stored.event.position, stored.event.id, status, reason, resumable, stored.payload_to_archive};
    counters_.done_with_note += done_with_note;
    finished(std::move(end), stored.event);
    forget(number);
  });
}

void Runner::Parts::finished(FinishedEvent end, const Event& event) {
  ++(end.status == RunStatus::kDone ? counters_.done : counters_.failed);
  notify(NoticeKind::kRunEnded, event, to_string(end.status), end.reason);
  archiver_.finish(std::move(end));
}

void Runner::Parts::forget(RunNumber number) {
  const auto run = runs_.find(number);
  if (run == runs_.end()) return;
  if (run->second->quarantine != kNoQuarantine) {
    suspects_.extract(run->second->quarantine);
    intake_->claim_at_once();
  }
  woken_ -= run->second->woken;
  stop_looking(*run->second);
  payloads_ -= run->second->stored.event.payload.size();
  weight_ -= run->second->executions.size() / kItemsOfWeight;
  run_by_event_.erase(run->second->stored.event.id);
  runs_.erase(run);
}

}  // namespace pawl::engine
