// A run's life in memory, from the arrival of its event to its durable end.
#include <algorithm>
#include <utility>

#include "engine/crash_point.h"
#include "engine/runner_body.h"

namespace pawl::engine {

namespace {

constexpr Duration kMisfitWait = std::chrono::hours{1};
constexpr Duration kCompanyWait = std::chrono::seconds{1};

const WorkflowDefinition* find_workflow(const std::vector<WorkflowDefinition>& workflows, const StoredRun& stored) {
  const auto found = std::find_if(workflows.begin(), workflows.end(), [&](const WorkflowDefinition& workflow) {
    return stored.workflow.empty() ? workflow.event_type == stored.event.type : workflow.name == stored.workflow;
  });
  return found == workflows.end() ? nullptr : &*found;
}

bool ended(RunStatus status) { return status == RunStatus::kDone || status == RunStatus::kFailed; }

bool waits(const Execution& execution) {
  return execution.phase == Execution::Phase::kBackingOff || execution.phase == Execution::Phase::kHeld;
}

// It failed at a time that is still to come: the wall clock was wrong then, or is now. How long ago that was nobody
// knows, so the next attempt is due, and its age counts from now at the latest.
void distrust(Execution& execution, Timestamp now) {
  execution.retry_at = now;
  execution.first_started_at = std::min(execution.first_started_at, now);
}

bool waiting(const RunState& run) {
  return std::any_of(run.executions.begin(), run.executions.end(),
                     [](const auto& entry) { return waits(*entry.second); });
}

struct Wait {
  const Execution* until = nullptr;  ///< The execution that is due first; backing off before held.
  bool timed = false;
};

Wait shortest_wait(const RunState& run) {
  Wait wait;
  for (const auto& [name, execution] : run.executions) {
    const bool timed = execution->phase == Execution::Phase::kBackingOff;
    if (!waits(*execution)) continue;
    const bool sooner = !wait.until || (timed && (!wait.timed || execution->retry_at < wait.until->retry_at));
    if (sooner) wait = {execution.get(), timed};
  }
  return wait;
}

}  // namespace

void Runner::Body::supersede(const UnfinishedRun& run) {
  journal_.add(RunEnded{run.run, RunStatus::kSuperseded, "another worker finished it or has taken it over", now()});
}

void Runner::Body::arrive(std::vector<Arrival> arrivals) {
  counters_.claimed += arrivals.size();
  for (Arrival& arrival : arrivals) {
    const auto in_memory = run_by_event_.find(arrival.event.id);
    if (in_memory != run_by_event_.end())
      arrive_again(*runs_.at(in_memory->second), arrival.event);
    else if (!arrival.known.empty())
      arrive_known(arrival.event, std::move(arrival.known.front()));
    else
      arrive_new(std::move(arrival.event));
  }
}

void Runner::Body::arrive_new(Event event) {
  StoredRun stored;
  stored.run = next_run_++;
  stored.resumes = event.resumes;
  stored.event = std::move(event);
  const WorkflowDefinition* workflow = find_workflow(workflows_, stored);
  stored.workflow = workflow->name;
  RunStarted started{stored.run, stored.workflow, stored.event, now()};
  if (workflow->payload_to_keep) started.event.payload = workflow->payload_to_keep(stored.event.payload);
  journal_.add(std::move(started));
  crash_point(CrashPoint::kRunStarted);
  notify(NoticeKind::kRunStarted, stored.event.id, "", "");
  if (!set_aside(stored.run, stored.event)) admit(*workflow, std::move(stored));
}

// P2: a redelivered event finds its run. A finished one is only archived again, unless an operator resumed it.
void Runner::Body::arrive_known(const Event& event, StoredRun stored) {
  if (ended(stored.status) && event.resumes <= stored.resumes) return finished(event, stored.status, stored.reason);
  if (ended(stored.status)) return reopen(event, std::move(stored));
  journal_.add(RunRedelivered{stored.run, event.position, event.deliveries});
  stored.event.position = event.position;
  stored.event.deliveries = event.deliveries;
  notify(NoticeKind::kRunResumed, event.id, "", "delivered again");
  if (set_aside(stored.run, event)) return;
  if (const auto* workflow = find_workflow(workflows_, stored)) return admit(*workflow, std::move(stored));
  park_misfit(stored, "no workflow named " + stored.workflow);
}

// F18: another build began it. It is not skipped: due at once for the next process, which may be the right build.
void Runner::Body::park_misfit(const StoredRun& stored, const std::string& why) {
  const std::string reason = "does not fit this build: " + why;
  notify(NoticeKind::kRunMisfit, stored.event.id, "", reason);
  journal_.add(RunParked{stored.run, now(), reason}, [this, number = stored.run] {
    forget(number);
    wakes_.at(now() + kMisfitWait, number);
  });
}

// The claim was forgotten by a crash of Postgres, or the same event was written again while its run moves.
void Runner::Body::arrive_again(RunState& run, const Event& event) {
  run.stored.event.position = event.position;
  journal_.add(RunRedelivered{run.stored.run, event.position, event.deliveries});
}

void Runner::Body::reopen(const Event& event, StoredRun stored) {
  const WorkflowDefinition* workflow = find_workflow(workflows_, stored);
  if (!workflow) return finished(event, stored.status, stored.reason);
  journal_.add(RunReopened{stored.run, event.resumes, event.position, now()});
  crash_point(CrashPoint::kRunReopened);
  std::erase_if(stored.steps, [](const StepSettled& step) { return step.failed; });
  stored.retries.clear();
  stored.event.position = event.position;
  stored.event.deliveries = event.deliveries;
  stored.resumes = event.resumes;
  notify(NoticeKind::kRunResumed, event.id, "", "by an operator");
  admit(*workflow, std::move(stored));
}

// P8: a crash loop ends here.
bool Runner::Body::set_aside(RunNumber number, const Event& event) {
  if (event.deliveries <= options_.deliveries_max) return false;
  end_durably(number, event, RunStatus::kFailed,
              "set aside: delivered " + std::to_string(event.deliveries) + " times without finishing (limit " +
                  std::to_string(options_.deliveries_max) + "); it may crash the worker");
  return true;
}

void Runner::Body::admit(const WorkflowDefinition& workflow, StoredRun stored) {
  move(enter(workflow, std::move(stored)));
}

RunState& Runner::Body::enter(const WorkflowDefinition& workflow, StoredRun stored) {
  const RunNumber number = stored.run;
  auto run = std::make_unique<RunState>(workflow, std::move(stored));
  run->company = company_of(run->stored.event.deliveries - 1, options_.deliveries_max);
  if (run->company != kFullCompany) suspects_.insert(run->company);
  run_by_event_[run->stored.event.id] = number;
  return *(runs_[number] = std::move(run));
}

void Runner::Body::woken(std::vector<StoredRun> found) {
  for (StoredRun& stored : found) {
    if (runs_.contains(stored.run) || stored.status != RunStatus::kWaiting) continue;
    const WorkflowDefinition* workflow = find_workflow(workflows_, stored);
    if (!workflow) {
      park_misfit(stored, "no workflow named " + stored.workflow);
      continue;
    }
    const int own = company_of(stored.event.deliveries - 1, options_.deliveries_max);
    if (company().admits(own))
      wake(*workflow, std::move(stored));
    else if (own == 1 && !last_delivery_)
      last_delivery_ = std::move(stored);
    else
      wakes_.at(now() + kCompanyWait, stored.run);
  }
}

// P8: on record as moving before anything of it runs, so that it counts as a delivery if it takes the process down.
void Runner::Body::wake(const WorkflowDefinition& workflow, StoredRun stored) {
  const RunRedelivered moving{stored.run, stored.event.position, stored.event.deliveries};
  enter(workflow, std::move(stored));
  journal_.add(moving, [this, number = moving.run] { move(*runs_.at(number)); });
}

void Runner::Body::wake_last_delivery() {
  if (!last_delivery_ || draining_ || intake_->busy() || !company().admits(1)) return;
  StoredRun stored = *std::exchange(last_delivery_, std::nullopt);
  if (const auto* workflow = find_workflow(workflows_, stored)) wake(*workflow, std::move(stored));
}

void Runner::Body::move(RunState& run) {
  while (!run.leaving) {
    switch (next_move({run.returned(), run.can_advance(), run.moving(), waiting(run)})) {
      case NextMove::kAdvance:
        run.advance();
        queue_fresh(run);
        break;
      case NextMove::kLeave:
        return;
      case NextMove::kPark:
        return park(run);
      case NextMove::kEnd:
        return end(run);
    }
  }
}

void Runner::Body::queue_fresh(RunState& run) {
  for (Execution* execution : std::exchange(run.fresh, {})) {
    if (execution->failed_at > now()) distrust(*execution, now());
    if (execution->phase == Execution::Phase::kBackingOff && execution->retry_at > now()) continue;
    queue_of(*execution).offer(*execution, now());
  }
}

void Runner::Body::park(RunState& run) {
  const Wait wait = shortest_wait(run);
  const StepQueue& queue = queue_of(*wait.until);
  const Timestamp wake_at = wait.timed ? wait.until->retry_at : std::max(now(), queue.circuit().probe_at());
  const std::string reason = wait.until->step->name() + (wait.timed ? " backs off: " : " is paused: ") +
                             (wait.until->error.empty() ? queue.circuit().reason() : wait.until->error);
  run.leaving = true;
  journal_.add(RunParked{run.stored.run, wake_at, reason},
               [this, number = run.stored.run, wake_at, timed = wait.timed, &queue] {
                 crash_point(CrashPoint::kRunParked);
                 forget(number);
                 if (timed || queue.circuit().closed())
                   wakes_.at(timed ? wake_at : now(), number);
                 else
                   wakes_.held(&queue.step(), number);
               });
}

void Runner::Body::end(RunState& run) {
  run.leaving = true;
  if (const std::string why = misfit(run); !why.empty()) return park_misfit(run.stored, why);
  const RunStatus status = run.failure ? RunStatus::kFailed : RunStatus::kDone;
  end_durably(run.stored.run, run.stored.event, status, run.failure ? failure_reason(run) : run.note);
}

void Runner::Body::end_durably(RunNumber number, const Event& event, RunStatus status, const std::string& reason) {
  Event ended;
  ended.id = event.id;
  journal_.add(RunEnded{number, status, reason, now()},
               [this, number, ended, status, reason, position = event.position]() mutable {
                 crash_point(CrashPoint::kRunEnded);
                 // the position may have changed by a redelivery while this was on its way
                 const auto run = runs_.find(number);
                 ended.position = run == runs_.end() ? position : run->second->stored.event.position;
                 forget(number);
                 finished(ended, status, reason);
               });
}

void Runner::Body::finished(const Event& event, RunStatus status, const std::string& reason) {
  ++(status == RunStatus::kDone ? counters_.done : counters_.failed);
  notify(NoticeKind::kRunEnded, event.id, to_string(status), reason);
  archiver_.finish({event.position, event.id, status, reason});
}

void Runner::Body::forget(RunNumber number) {
  const auto run = runs_.find(number);
  if (run == runs_.end()) return;
  if (run->second->company != kFullCompany) {
    suspects_.extract(run->second->company);
    intake_->hurry();
  }
  run_by_event_.erase(run->second->stored.event.id);
  runs_.erase(run);
}

}  // namespace pawl::engine
