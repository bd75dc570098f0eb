// What an attempt's outcome means is decided elsewhere (engine/runs/decider.h); here it is done.
#include "engine/runtime/step_dispatch.h"

#include <algorithm>
#include <utility>

#include "engine/dispatch/batch_execution.h"
#include "engine/faults/crash_point.h"
#include "engine/runs/decider.h"

namespace pawl::engine {

namespace {

// It failed at a time that is still to come: the wall clock was wrong then, or is now. How long ago that was nobody
// knows, so the next attempt is due, and the wait before it makes nothing older.
void distrust(Execution& execution, Timestamp now) {
  execution.age = std::max(execution.age - (execution.retry_at - execution.failed_at), Duration{0});
  execution.retry_at = now;
}

void count(ExecutionCounts& counts, Verdict::Kind kind, Remark remark) {
  counts.succeeded += kind == Verdict::Kind::kSucceed;
  counts.retried += kind == Verdict::Kind::kRetry;
  counts.failed += kind == Verdict::Kind::kFail;
  counts.in_doubt += remark == Remark::kInDoubt;
  counts.suppressed += remark == Remark::kSuppressed;
}

StepKey key_of(const Execution& execution) { return {execution.step->name(), execution.key}; }

}  // namespace

void StepDispatch::offer_fresh(RunState& run) {
  const Timestamp now = use_.clock.now();
  const bool at_once = std::exchange(run.stored.retry_now, false);
  for (Execution* execution : std::exchange(run.fresh, {})) {
    if (execution->failed_at > now) distrust(*execution, now);  // first: it goes by the wait as it was planned
    if (at_once) due_now(*execution, now);
    if (execution->phase() == Execution::Phase::kBackingOff && execution->retry_at > now) continue;
    use_.queues.of(*execution).offer(*execution, now, run.woken);
  }
}

void StepDispatch::offer_waiting(RunState& run) {
  const Timestamp now = use_.clock.now();
  while (!run.backing_off.empty() && run.backing_off.begin()->first <= now) {
    Execution& due = *run.backing_off.begin()->second;
    use_.queues.of(due).offer(due, now, true);
  }
  for (Execution* held : std::vector<Execution*>(run.held.begin(), run.held.end()))
    use_.queues.of(*held).offer(*held, now, true);
}

// What is left of a wait makes nothing older.
void StepDispatch::due_now(Execution& execution, Timestamp now) {
  use_.queues.of(execution).circuit().probe_now(now);
  if (execution.phase() != Execution::Phase::kBackingOff || execution.retry_at <= now) return;
  execution.age = std::max(execution.age - (execution.retry_at - now), Duration{0});
  execution.retry_at = now;
  execution.enter(Execution::Phase::kBackingOff);
}

void StepDispatch::retry_now(RunState& run) {
  run.stored.retry_now = !run.started;
  std::vector<Execution*> waiting(run.held.begin(), run.held.end());
  for (const auto& [due, execution] : run.backing_off) waiting.push_back(execution);
  for (Execution* execution : waiting) due_now(*execution, use_.clock.now());
  offer_waiting(run);
}

void StepDispatch::cancel(RunState& run, const Cancellation& cancellation) {
  for (StepQueue& queue : use_.queues) queue.withdraw(run);
  run.fresh.clear();
  run.cancel(cancellation);
}

void StepDispatch::turn() {
  const Timestamp at = use_.clock.now();
  for (StepQueue& queue : use_.queues) {
    for (auto batch = queue.take(at); !batch.empty(); batch = queue.take(at)) send(queue, std::move(batch), at);
    for (Execution* evicted : queue.evict_if_slow(at)) moved_(*evicted->run);
  }
}

std::optional<Timestamp> StepDispatch::due_at() const {
  std::optional<Timestamp> first;
  for (const StepQueue& queue : use_.queues)
    if (const auto due = queue.due_at(); due && (!first || *due < *first)) first = due;
  return first;
}

void StepDispatch::send(StepQueue& queue, std::vector<Execution*> batch, Timestamp at) {
  for (Execution* execution : batch) {
    execution->started_at = at;
    ++queue.counts_of(execution->run->definition).started;
  }
  queue.calls().batch.add(static_cast<std::int64_t>(batch.size()));
  const auto call = std::make_shared<StepCall>(
      StepCall{std::move(batch), at, queue.circuit().probing(), queue.refusals().call_begins()});
  use_.lanes.submit(
      queue.lane(), [&step = queue.step(), call] { call->lease_lost = execute_batch(step, call->executions); },
      [this, &queue, call] { returned(queue, *call); });
}

void StepDispatch::returned(StepQueue& queue, const StepCall& call) {
  const bool isolated = queue.returned(call.taken_at, call.executions);
  if (!call.lease_lost.empty()) {
    lost_ = call.lease_lost;
    return;
  }
  const Timestamp at = use_.clock.now();
  queue.calls().duration.add(at - call.taken_at, call.executions.size());
  tell(queue, weigh(queue, call, isolated, at, use_.jitter));
  for (Execution* execution : call.executions) settle(queue, *execution, at);
}

void StepDispatch::tell(StepQueue& queue, const CircuitChange& change) {
  if (change.kind == CircuitChange::Kind::kNone) return;
  const bool opened = change.kind == CircuitChange::Kind::kOpened;
  notify(opened ? NoticeKind::kCircuitOpened : NoticeKind::kCircuitClosed, *change.execution, change.reason);
  if (!opened) return;
  for (Execution* evicted : queue.evict()) moved_(*evicted->run);
}

void StepDispatch::settle(StepQueue& queue, Execution& execution, Timestamp at) {
  using Kind = Verdict::Kind;
  const AttemptFacts facts{.attempt = execution.attempt,
                           .age = execution.age + (at - execution.started_at),
                           .now = at,
                           .jitter = use_.jitter.next(),
                           .paused = !queue.circuit().closed(),
                           .everybody_refused = queue.circuit().refused(),
                           .uncharged = execution.uncharged};
  const RetryPolicy& retry_policy = retry_of(*execution.run->definition, queue.step());
  Verdict verdict = judge(std::exchange(execution.outcome, Unsettled{}), retry_policy, facts);
  count(queue.counts_of(execution.run->definition), verdict.kind, std::exchange(execution.remark, Remark::kNone));
  if (verdict.kind == Kind::kSucceed) return settled(queue, execution, false, std::move(verdict.text), at);
  if (verdict.kind == Kind::kFail) {
    notify(NoticeKind::kStepFailed, execution, verdict.text);
    execution.failure = verdict.failure;
    execution.failure_code = std::move(verdict.code);
    return settled(queue, execution, true, std::move(verdict.text), at);
  }
  execution.error = std::move(verdict.text);
  execution.failure_code = std::move(verdict.code);
  if (verdict.kind == Kind::kRetry) {
    execution.uncharged += verdict.charged ? 0 : 1;
    retry(execution, retry_policy, facts, verdict.retry_at);
  }
  if (execution.last_attempt)
    execution.enter(Execution::Phase::kAbandoned);
  else if (verdict.kind == Kind::kRetry)
    execution.enter(Execution::Phase::kBackingOff);
  else if (verdict.kind == Kind::kHold)
    execution.enter(Execution::Phase::kHeld);
  else
    queue.offer(execution, at, true);
  moved_(*execution.run);
}

void StepDispatch::retry(Execution& execution, const RetryPolicy& policy, const AttemptFacts& facts,
                         Timestamp retry_at) {
  const Timestamp began = facts.now - facts.age;
  const bool ages = policy.give_up_after.count() > 0;
  ++attempts_failed_;
  crash_point(CrashPoint::kRetryDecided);
  notify(NoticeKind::kAttemptFailed, execution, execution.error);
  use_.journal.add(AttemptFailed{execution.run->stored.run, key_of(execution), execution.attempt, execution.error,
                                 began, facts.now, retry_at, execution.failure_code,
                                 ages ? began + policy.give_up_after : Timestamp{}, execution.uncharged});
  execution.retry_at = retry_at;
  execution.age = retry_at - began;
  ++execution.attempt;
}

// What awaits the step goes on only when its checkpoint is durable.
void StepDispatch::settled(StepQueue& queue, Execution& execution, bool failed, std::string result, Timestamp at) {
  if (queue.refusals().remembers_any()) queue.refusals().settled(StepQueue::item_of(execution));
  execution.enter(Execution::Phase::kSettling);
  execution.error = failed ? result : std::string();
  StepSettled record{execution.run->stored.run,
                     key_of(execution),
                     execution.attempt,
                     failed,
                     std::move(result),
                     execution.started_at,
                     at};
  if (failed) {
    record.failure = execution.failure;
    record.failure_code = execution.failure_code;
  }
  use_.journal.add(std::move(record), [this, &execution, failed] {
    execution.enter(failed ? Execution::Phase::kFailed : Execution::Phase::kSucceeded);
    moved_(*execution.run);
  });
}

void StepDispatch::notify(NoticeKind kind, const Execution& execution, std::string_view detail) const {
  Notice notice = notice_of(kind, execution.run->stored.event, "", detail);
  notice.workflow = execution.run->stored.event.workflow;
  notice.step = execution.step->name();
  notice.key = execution.key;
  notice.attempt = execution.attempt;
  use_.observer.on(notice);
}

}  // namespace pawl::engine
