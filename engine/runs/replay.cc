// Advances the coroutine as far as its checkpoints carry it.
#include "engine/runs/replay.h"

#include <algorithm>
#include <map>

#include "engine/runs/run_state.h"

namespace pawl::engine {

namespace {

std::string name_of(const StepKey& step) { return step.key.empty() ? step.step : step.step + " (" + step.key + ")"; }

bool consumed(const RunState& run, const StepSettled& settled) { return !run.steps_left.contains(settled.step); }

void collect_pending(const RunState& run, const std::vector<PendingRetry>& retries, ReplayReport& report) {
  std::map<StepKey, const PendingRetry*> retry_of;
  for (const PendingRetry& retry : retries) retry_of[retry.step] = &retry;
  for (const Execution* execution : run.fresh) {
    const StepKey name{execution->step->name(), execution->key};
    if (const auto retry = retry_of.find(name); retry != retry_of.end())
      report.waiting.push_back(*retry->second);
    else
      report.next.push_back(name);
  }
}

void compare_end(const StoredRun& stored, ReplayReport& report) {
  const bool cancelled = stored.status == RunStatus::kCancelled;
  const bool ended = stored.status == RunStatus::kDone || stored.status == RunStatus::kFailed || cancelled;
  const bool set_aside = stored.steps.empty() && stored.status == RunStatus::kFailed;
  if (!ended || set_aside) return;
  if (!report.next.empty())
    report.mismatches.push_back("the run ended " + std::string(to_string(stored.status)) +
                                ", but today's code would go on with " + name_of(report.next.front()));
  else if (report.returned && !cancelled && report.failure.empty() != (stored.status == RunStatus::kDone))
    report.mismatches.push_back("the run ended " + std::string(to_string(stored.status)) + ", but today's code ends " +
                                (report.failure.empty() ? "done" : "failed: " + report.failure));
}

}  // namespace

ReplayReport replay(const WorkflowDefinition& workflow, const StoredRun& stored) {
  RunState run(workflow, stored);
  do run.advance();
  while (run.can_advance());

  ReplayReport report;
  report.returned = run.returned();
  report.failure = failure_reason(run);
  if (stored.cancelled && (run.cancel_thrown || stored.status == RunStatus::kCancelled))
    report.cancelled = reason_of(*stored.cancelled);
  for (const StepSettled& settled : stored.steps)
    if (consumed(run, settled)) report.happened.push_back(settled);
  std::sort(report.happened.begin(), report.happened.end(),
            [](const StepSettled& a, const StepSettled& b) { return a.settled_at < b.settled_at; });
  collect_pending(run, stored.retries, report);
  for (const StepSettled& left : run.steps_left) {
    report.never_asked.push_back(left.step);
    report.mismatches.push_back("the checkpoint of " + name_of(left.step) + " is never asked for by today's code");
  }
  report.misfit = misfit(run);
  if (!report.misfit.empty()) report.mismatches.push_back(report.misfit);
  compare_end(stored, report);
  return report;
}

}  // namespace pawl::engine
