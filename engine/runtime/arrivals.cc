// One run per event, however often it is delivered.
#include "engine/runtime/arrivals.h"

#include <utility>

#include "engine/faults/crash_point.h"
#include "engine/runs/inherited_steps.h"

namespace pawl::engine {

namespace {

const Failure kOfPayload{{}, {}, FailureClass::kPayload, {}};

bool ended(RunStatus status) {
  return status == RunStatus::kDone || status == RunStatus::kFailed || status == RunStatus::kCancelled;
}

std::string too_large(std::int64_t bytes) {
  return "its payload of " + std::to_string(bytes) + " bytes does not reach a worker, which takes at most " +
         std::to_string(kPayloadMax) +
         " of one event, and less over a slow line, and only what is text in UTF-8; emit a reference to what is large, "
         "and no bytes that are no text";
}

// What the store may have of the event's payload. Else why its workflow cannot say: nothing of it is kept then, so that
// a corrected build may begin the run anew.
std::string keep_payload(const WorkflowDefinition& workflow, Event& event) {
  std::string why = "it threw something that is no std::exception";
  try {
    if (workflow.payload_to_keep) event.payload = workflow.payload_to_keep(event.payload);
    return {};
  } catch (const std::exception& error) {
    why = error.what();
  } catch (...) {  // a workflow may throw anything
  }
  return "workflow " + workflow.name + " cannot say what to keep of the payload: " + why;
}

}  // namespace

void Arrivals::supersede(RunNumber run) {
  use_.journal.add(RunEnded{run, RunStatus::kSuperseded,
                            "the outbox has it no more for this worker: another one finished it or has taken it over, "
                            "or this is another database",
                            now()});
}

void Arrivals::arrive(Arrival arrival) {
  ++claimed_;
  ++use_.life.measures_of(arrival.event.workflow).claimed;
  if (RunState* const in_memory = use_.runs.find(arrival.event))
    arrive_again(*in_memory, arrival.event);
  else if (!arrival.known.empty())
    arrive_known(arrival.event, std::move(arrival.known.front()));
  else
    arrive_new(std::move(arrival.event), arrival.parent);
}

void Arrivals::arrive_new(Event event, const std::vector<StoredRun>& parent) {
  StoredRun stored;
  stored.run = next_run_++;
  stored.resumes = event.resumes;
  stored.event = std::move(event);
  stored.is_as_emitted = true;
  const WorkflowDefinition* workflow = find_workflow(use_.workflows, stored.event.workflow);
  if (const std::int64_t size = stored.event.left_out; size > 0)
    return use_.life.finished({.position = stored.event.position,
                               .run_id = stored.event.id,
                               .status = RunStatus::kFailed,
                               .reason = too_large(size),
                               .withheld = size,
                               .failure = kOfPayload},
                              stored.event, nullptr);
  const Inherited inherited = inherited_steps(stored.event, parent);
  if (!inherited.refusal.empty())
    return use_.life.finished({.position = stored.event.position,
                               .run_id = stored.event.id,
                               .status = RunStatus::kFailed,
                               .reason = inherited.refusal,
                               .resumable = Resumable::kNowhere,
                               .failure = {{}, {}, FailureClass::kWorkflow, {}}},
                              stored.event, workflow);
  stored.steps = inherited.steps;
  RunStarted started{stored.run, stored.event, now()};
  if (const auto why = keep_payload(*workflow, started.event); !why.empty())
    return use_.life.finished({.position = stored.event.position,
                               .run_id = stored.event.id,
                               .status = RunStatus::kFailed,
                               .reason = why,
                               .failure = kOfPayload},
                              stored.event, workflow);
  use_.journal.add_soon(std::move(started), now());  // with the first step's end, mostly
  for (StepSettled& step : stored.steps) {
    step.run = stored.run;
    use_.journal.add_soon(step, now());
  }
  crash_point(CrashPoint::kRunStarted);
  use_.observer.on(notice_of(NoticeKind::kRunStarted, stored.event, "", ""));
  admit(*workflow, std::move(stored));
}

// Nothing of one that was cancelled before it came may start before that is on record.
void Arrivals::admit(const WorkflowDefinition& workflow, StoredRun stored) {
  const Boxed<Cancellation> cancel = stored.event.cancel;
  if (!cancel || stored.cancelled) return use_.life.admit(workflow, std::move(stored));
  use_.life.admit_cancelled(workflow, std::move(stored), *cancel);
}

// A finished one is only archived again, unless an operator resumed it.
void Arrivals::arrive_known(const Event& event, StoredRun stored) {
  if (event.resumes > stored.resumes) return reopen(event, std::move(stored));
  if (ended(stored.status))
    return use_.life.finished({.position = event.position,
                               .run_id = event.id,
                               .status = stored.status,
                               .reason = stored.reason,
                               .resumable = stored.resumable,
                               .failure = *stored.failure},
                              event, find_workflow(use_.workflows, stored.event.workflow));
  use_.journal.add(RunRedelivered{stored.run, event.position, event.deliveries});
  resumed(event, std::move(stored), "delivered again");
}

// The claim was forgotten by a crash of Postgres, or the same event was written again while its run moves. What says
// that the run waits comes once more after it, or the store would call a parked run running.
void Arrivals::arrive_again(RunState& run, const Event& event) {
  run.stored.event.position = event.position;
  use_.journal.add(RunRedelivered{run.stored.run, event.position, event.deliveries});
  if (run.parking) use_.journal.add(*run.parking);
}

// Also of a run that has not ended here: it failed in another store, and what was resumed is the event.
void Arrivals::reopen(const Event& event, StoredRun stored) {
  use_.journal.add(RunReopened{stored.run, event.resumes, event.position, now()});
  crash_point(CrashPoint::kRunReopened);
  std::erase_if(stored.steps, [](const StepSettled& step) { return step.failed && !step.caught; });
  stored.retries.clear();
  stored.cancelled = {};
  stored.resumes = event.resumes;
  resumed(event, std::move(stored), "by an operator");
}

void Arrivals::resumed(const Event& event, StoredRun stored, std::string_view by) {
  stored.status = RunStatus::kRunning;
  stored.event.position = event.position;
  stored.event.deliveries = event.deliveries;
  stored.event.resumes = event.resumes;
  stored.event.cancel = event.cancel;
  use_.observer.on(notice_of(NoticeKind::kRunResumed, event, "", by));
  if (const auto* workflow = find_workflow(use_.workflows, stored.event.workflow))
    return admit(*workflow, std::move(stored));
  use_.life.park_misfit(stored, "no workflow named " + stored.event.workflow);
}

}  // namespace pawl::engine
