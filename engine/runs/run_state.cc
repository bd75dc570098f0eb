// Starts executions from the checkpoints or afresh, and steps the coroutine.
#include "engine/runs/run_state.h"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

#include "engine/authoring/errors.h"

namespace pawl::engine {

namespace {

std::string describe(const StepKey& name) { return name.key.empty() ? name.step : name.step + " (" + name.key + ")"; }

template <class Entry>
std::set<Entry, ByStep> index(std::vector<Entry> entries) {
  return {std::make_move_iterator(entries.begin()), std::make_move_iterator(entries.end())};
}

// Takes an entry out of the history, so that what stays is what the code no longer asks for.
template <class Entry>
std::optional<Entry> take(std::set<Entry, ByStep>& entries, const StepKey& name) {
  const auto found = entries.find(name);
  if (found == entries.end()) return std::nullopt;
  return std::move(entries.extract(found).value());
}

void restore(RunState& run, Execution& execution, const StepSettled& settled) {
  execution.attempt = settled.attempt;
  if (settled.failed) {
    execution.error = settled.result;
    execution.failure = settled.failure;
    execution.failure_code = settled.failure_code;
    execution.enter(Execution::Phase::kFailed);
    return;
  }
  try {
    execution.restore(settled.result);
  } catch (const std::exception& error) {
    const std::string unreadable = "today's code cannot read its checkpoint: " + std::string(error.what());
    execution.enter(Execution::Phase::kFailed);  // else the run would wait for it for ever
    execution.error = unreadable;
    if (run.unreadable.empty()) run.unreadable = "step " + describe(settled.step) + ": " + unreadable;
    throw WorkflowBug("replay " + describe(settled.step) + ": " + unreadable);
  }
  execution.enter(Execution::Phase::kSucceeded);
}

void restore(Execution& execution, const PendingRetry& retry) {
  execution.attempt = retry.attempts + 1;
  execution.uncharged = retry.uncharged;
  // planned time, so that neither a wall clock that was wrong nor an outage makes it older
  execution.age = std::max(retry.retry_at - retry.first_started_at, Duration{0});
  execution.failed_at = retry.failed_at;
  execution.retry_at = retry.retry_at;
  execution.error = retry.error;
  execution.enter(Execution::Phase::kBackingOff);
}

}  // namespace

const std::string& effects_id_of(const Execution& execution) {
  const Event& event = execution.run->stored.event;
  return event.lineage->effects_of.empty() ? event.id : event.lineage->effects_of;
}

const std::string& workflow_of(const Execution& execution) { return execution.run->definition->name; }

const std::string& tenant_of_event(const Execution& execution) {
  const Event& event = execution.run->stored.event;
  return event.tenant.empty() ? event.aggregate_id : event.tenant;
}

bool may_be_repeated(const Execution& execution) {
  const Event& event = execution.run->stored.event;
  return execution.attempt > 1 || event.deliveries > 1 || event.resumes > 0 || !event.lineage->effects_of.empty();
}

RunState::RunState(const WorkflowDefinition& workflow, StoredRun history)
    : definition(&workflow),
      stored(std::move(history)),
      steps_left(index(std::exchange(stored.steps, {}))),
      retries_left(index(std::exchange(stored.retries, {}))) {}

RunState::~RunState() {
  frame = {};  // before the executions and groups that its locals point to
}

void RunState::create_frame() try {
  started = true;
  frame = definition->start(Run(*this), stored.event);
} catch (...) {
  failed_to_start = true;
  failure = std::current_exception();
}

void RunState::advance() {
  if (!started) create_frame();
  if (failed_to_start) return;
  awaited.clear();
  frame.resume();
  if (frame.returned()) failure = frame.failure();
}

void RunState::cancel(const Cancellation& cancellation) {
  stored.cancelled = cancellation;
  for (const auto& [name, execution] : executions) {
    if (execution->over() || execution->phase() == Execution::Phase::kSettling) continue;
    execution->last_attempt = true;
    if (execution->phase() != Execution::Phase::kInFlight) execution->enter(Execution::Phase::kAbandoned);
  }
}

bool RunState::can_advance() const { return !returned() && all_settled(awaited); }

bool RunState::moving() const {
  return in(Execution::Phase::kQueued) + in(Execution::Phase::kInFlight) + in(Execution::Phase::kSettling) > 0;
}

bool ByName::operator()(const Execution* a, const Execution* b) const {
  return std::tie(a->step->name(), a->key, a) < std::tie(b->step->name(), b->key, b);
}

Execution::Execution(RunState& of, const StepBase& step, std::string key) : run(&of), step(&step), key(std::move(key)) {
  ++run->in_phase.at(static_cast<std::size_t>(phase_));
}

Execution::~Execution() { leave_phase(); }

void Execution::leave_phase() {
  --run->in_phase.at(static_cast<std::size_t>(phase_));
  if (phase_ == Phase::kBackingOff) run->backing_off.erase({listed_until_, this});
  if (phase_ == Phase::kHeld) run->held.erase(this);
}

void Execution::enter(Phase phase) {
  const bool was_over = over();
  if (phase == Phase::kAbandoned) error = "cancelled before it was done";
  leave_phase();
  phase_ = phase;
  ++run->in_phase.at(static_cast<std::size_t>(phase_));
  if (phase_ == Phase::kBackingOff) run->backing_off.insert({listed_until_ = retry_at, this});
  if (phase_ == Phase::kHeld) run->held.insert(this);
  if (group != nullptr && over() && !was_over) --group->unsettled;
}

void require_room(const RunState& run, std::size_t more) {
  if (run.executions.size() + more <= kItemsMax) return;
  throw PermanentError("workflow " + run.definition->name + ": it has started " +
                       std::to_string(run.executions.size()) + " items and asks for " + std::to_string(more) +
                       " more; a run has at most " + std::to_string(kItemsMax) +
                       ": give each item more to do, or emit an event for each part");
}

Execution& start_execution(RunState& run, std::unique_ptr<Execution> execution) {
  const StepKey name{execution->step->name(), execution->key};
  const auto& declared = run.definition->steps;
  if (std::find(declared.begin(), declared.end(), execution->step) == declared.end())
    throw WorkflowBug("workflow " + run.definition->name + ": started " + describe(name) +
                      ", which is not among its declared steps");
  const auto [entry, inserted] = run.executions.try_emplace(name, std::move(execution));
  if (!inserted)
    throw WorkflowBug("workflow " + run.definition->name + ": started " + describe(name) +
                      " twice in one run; give each item of a fan-out a key of its own");
  Execution& started = *entry->second;
  run.last_thrown = 0;
  if (run.weight != nullptr && run.executions.size() % kItemsOfWeight == 0) ++*run.weight;
  if (const auto settled = take(run.steps_left, name)) {
    restore(run, started, *settled);
  } else {
    if (const auto retry = take(run.retries_left, name)) restore(started, *retry);
    if (run.abandons())
      started.enter(Execution::Phase::kAbandoned);
    else
      run.fresh.push_back(&started);
  }
  return started;
}

void set_note(RunState& run, const std::string& text) { run.note = text; }

StartedGroup& new_group(RunState& run) { return run.groups.emplace_back(); }

bool all_settled(std::span<const StartedGroup* const> groups) {
  return std::ranges::all_of(groups, [](const StartedGroup* group) { return group->unsettled == 0; });
}

void await_groups(RunState& run, std::span<const StartedGroup* const> groups) {
  run.awaited.assign(groups.begin(), groups.end());
}

namespace {

bool any_abandoned(std::span<const StartedGroup* const> groups) {
  const auto is_abandoned = [](const Execution* execution) {
    return execution->phase() == Execution::Phase::kAbandoned;
  };
  return std::ranges::any_of(
      groups, [&](const StartedGroup* group) { return std::ranges::any_of(group->executions, is_abandoned); });
}

}  // namespace

void throw_first_failure(RunState& run, std::span<const StartedGroup* const> groups) {
  if (run.stored.cancelled && any_abandoned(groups)) {
    run.cancel_thrown = true;
    throw Cancelled(reason_of(*run.stored.cancelled));
  }
  const Execution* first = nullptr;
  for (const StartedGroup* group : groups)
    for (Execution* execution : group->executions) {
      if (execution->phase() != Execution::Phase::kFailed) continue;
      if (!first) {
        first = execution;
        run.last_thrown = ++run.awaits_thrown;
      }
      // One that an earlier await threw over was caught there, and stays so.
      if (execution->thrown_by == 0) execution->thrown_by = run.last_thrown;
    }
  if (first) throw StepFailed(first->step->name(), first->key, first->error, run.last_thrown);
}

namespace {

// The await whose exception ended the run, with nothing started since; 0: none did.
int escaped_await(const RunState& run) try {
  if (run.failure) std::rethrow_exception(run.failure);
  return 0;
} catch (const StepFailed& failed) {
  return failed.await() == run.last_thrown ? run.last_thrown : 0;
} catch (...) {  // its own: whatever it had caught before, it has acted on
  return 0;
}

}  // namespace

std::vector<StepKey> caught_failures(const RunState& run) {
  std::vector<StepKey> caught;
  const int escaped = escaped_await(run);
  for (const auto& [name, execution] : run.executions)
    if (execution->phase() == Execution::Phase::kFailed && execution->thrown_by != 0 && execution->thrown_by != escaped)
      caught.push_back(name);
  if (!run.started)
    for (const StepSettled& settled : run.steps_left)
      if (settled.failed) caught.push_back(settled.step);
  return caught;
}

Resumable resumable(const RunState& run, const std::vector<StepKey>& caught) {
  const bool has_taken_over =
      !run.stored.event.lineage->from_step.empty();  // what else only its parent's checkpoints have
  if (caught.empty()) return has_taken_over ? Resumable::kHere : Resumable::kAnywhere;
  const std::size_t failed = run.in(Execution::Phase::kFailed);
  const bool set_aside = !run.started;
  return set_aside || failed > caught.size() ? Resumable::kHere : Resumable::kNowhere;
}

std::string failure_reason(const RunState& run) {
  if (!run.failure) return {};
  std::string reason;
  try {
    std::rethrow_exception(run.failure);
  } catch (const std::exception& error) {
    reason = error.what();
  } catch (...) {  // a workflow may throw anything; the run still has to end with a reason
    reason = "the workflow threw something that is no std::exception";
  }
  const std::size_t failed = run.in(Execution::Phase::kFailed);
  if (failed > 1) reason += " (and " + std::to_string(failed - 1) + " more failed)";
  return reason;
}

// A payload is read before the code begins; what that throws for good says that it is wrong.
Failure failure_of(const RunState& run) try {
  if (run.failure) std::rethrow_exception(run.failure);
  return {};
} catch (const StepFailed& failed) {
  const auto found = run.executions.find(StepKey{failed.step(), failed.key()});
  if (found == run.executions.end()) return {failed.step(), failed.key(), FailureClass::kWorkflow, {}};
  return {failed.step(), failed.key(), found->second->failure, found->second->failure_code};
} catch (const PermanentError& error) {
  return {{}, {}, run.failed_to_start ? FailureClass::kPayload : FailureClass::kWorkflow, error.code()};
} catch (const std::exception& error) {
  return {{}, {}, FailureClass::kWorkflow, code_of(error)};
} catch (...) {  // a workflow may throw anything
  return {{}, {}, FailureClass::kWorkflow, {}};
}

namespace {

bool is_cancelled(const std::exception_ptr& failure) try { std::rethrow_exception(failure); } catch (const Cancelled&) {
  return true;
} catch (...) {  // whatever else it threw
  return false;
}

}  // namespace

std::string cancelled_reason(const RunState& run) {
  std::string reason = reason_of(*run.stored.cancelled);
  if (run.failure && !is_cancelled(run.failure)) reason.append("; then ").append(failure_reason(run));
  if (!run.note.empty()) reason.append("; ").append(run.note);
  return reason;
}

std::string misfit(const RunState& run) {
  if (!run.unreadable.empty()) return run.unreadable;
  if (run.failure || run.retries_left.empty()) return {};
  return "step " + describe(run.retries_left.begin()->step) +
         ": it waits for an attempt, but today's code never asks for it";
}

}  // namespace pawl::engine
