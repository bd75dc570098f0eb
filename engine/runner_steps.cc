// Batches go out to the lanes, outcomes come in.
#include <algorithm>

#include "engine/batch_execution.h"
#include "engine/crash_point.h"
#include "engine/runner_body.h"

namespace pawl::engine {

StepQueue& Runner::Body::queue_of(const Execution& execution) { return *queue_by_step_.at(execution.step); }

// Nothing starts that could outlive the lease, or whose result could not be remembered.
bool Runner::Body::may_dispatch() const { return heartbeat_.lease_holds(now()) && !journal_.backoff().down(); }

void Runner::Body::dispatch() {
  if (!may_dispatch()) return;
  const Timestamp at = now();
  for (const auto& queue : queues_) {
    for (auto batch = queue->take(at); !batch.empty(); batch = queue->take(at)) send(*queue, std::move(batch), at);
    for (Execution* evicted : queue->evict_if_slow(at)) move(*evicted->run);
  }
}

void Runner::Body::send(StepQueue& queue, std::vector<Execution*> batch, Timestamp at) {
  for (Execution* execution : batch) execution->started_at = at;
  const auto call = std::make_shared<BatchCall>(BatchCall{std::move(batch), at, queue.circuit().probing(), {}});
  lanes_.submit(
      queue.lane(), [&step = queue.step(), call] { call->lease_lost = execute_batch(step, call->executions); },
      [this, &queue, call] { batch_returned(queue, *call); });
}

void Runner::Body::batch_returned(StepQueue& queue, const BatchCall& call) {
  queue.returned(call.taken_at);
  if (!call.lease_lost.empty()) {
    lost_ = call.lease_lost;
    return;
  }
  update_circuit(queue, call, now());
  for (Execution* execution : call.executions) settle(queue, *execution, now());
}

void Runner::Body::update_circuit(StepQueue& queue, const BatchCall& call, Timestamp at) {
  Circuit& circuit = queue.circuit();
  const auto down = std::find_if(call.executions.begin(), call.executions.end(), [](const Execution* execution) {
    return std::holds_alternative<ServiceDown>(execution->outcome);
  });
  if (down != call.executions.end()) {
    if (!circuit.closed() && !call.probe) return;
    circuit.open(std::get<ServiceDown>((*down)->outcome).reason, at, jitter_.next());
    notify(NoticeKind::kCircuitOpened, **down, circuit.reason());
    for (Execution* evicted : queue.evict()) move(*evicted->run);
  } else if (call.probe) {
    notify(NoticeKind::kCircuitClosed, *call.executions.front(), circuit.reason());
    circuit.close();
    queue.ramp().begin(at, 0.5 + jitter_.next() / 2);
  }
}

void Runner::Body::settle(StepQueue& queue, Execution& execution, Timestamp at) {
  execution.age += at - execution.started_at;
  const AttemptFacts facts{execution.attempt, execution.age, at, jitter_.next()};
  Verdict verdict = judge(std::exchange(execution.outcome, Unsettled{}), queue.step().options().retry, facts);
  switch (verdict.kind) {
    case Verdict::Kind::kSucceed:
      return settled(execution, false, std::move(verdict.text), at);
    case Verdict::Kind::kFail:
      notify(NoticeKind::kStepFailed, execution, verdict.text);
      return settled(execution, true, std::move(verdict.text), at);
    case Verdict::Kind::kRetry:
      ++counters_.attempts_failed;
      crash_point(CrashPoint::kRetryDecided);
      notify(NoticeKind::kAttemptFailed, execution, verdict.text);
      journal_.add(AttemptFailed{execution.run->stored.run,
                                 {execution.step->name(), execution.key},
                                 execution.attempt,
                                 verdict.text,
                                 at - execution.age,
                                 at,
                                 verdict.retry_at});
      execution.phase = Execution::Phase::kBackingOff;
      execution.retry_at = verdict.retry_at;
      execution.age += verdict.retry_at - at;
      ++execution.attempt;
      break;
    case Verdict::Kind::kHold:
      execution.age -= at - execution.started_at;  // as if it had not been tried
      execution.phase = Execution::Phase::kHeld;
      break;
  }
  execution.error = std::move(verdict.text);
  move(*execution.run);
}

// P3: what awaits the step goes on only when its checkpoint is durable.
void Runner::Body::settled(Execution& execution, bool failed, std::string result, Timestamp at) {
  execution.phase = Execution::Phase::kSettling;
  execution.error = failed ? result : std::string();
  journal_.add(StepSettled{execution.run->stored.run,
                           {execution.step->name(), execution.key},
                           execution.attempt,
                           failed,
                           std::move(result),
                           execution.started_at,
                           at},
               [this, &execution, failed] {
                 execution.phase = failed ? Execution::Phase::kFailed : Execution::Phase::kSucceeded;
                 move(*execution.run);
               });
}

void Runner::Body::notify(NoticeKind kind, const Execution& execution, std::string_view detail) const {
  ports_.observer.on({kind, execution.run->stored.event.id, execution.run->stored.workflow, execution.step->name(),
                      execution.key, execution.attempt, "", detail});
}

void Runner::Body::notify(NoticeKind kind, std::string_view event_id, std::string_view subject,
                          std::string_view detail) const {
  ports_.observer.on({kind, event_id, "", "", "", 0, subject, detail});
}

}  // namespace pawl::engine
