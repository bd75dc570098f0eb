// Batches go out to the lanes, outcomes come in.
#include <algorithm>

#include "engine/dispatch/batch_execution.h"
#include "engine/faults/crash_point.h"
#include "engine/runtime/runner_parts.h"

namespace pawl::engine {

const RetryPolicy& retry_of(const WorkflowDefinition& workflow, const StepBase& step) {
  const auto own = workflow.retries.find(&step);
  return own == workflow.retries.end() ? step.options().retry : own->second;
}

StepQueue& Runner::Parts::queue_of(const Execution& execution) { return *queue_by_step_.at(execution.step); }

// Nothing starts that could outlive the lease, or whose result could not be remembered.
bool Runner::Parts::may_dispatch() const { return heartbeat_.lease_holds(now()) && !journal_.backoff().down(); }

void Runner::Parts::dispatch() {
  if (!may_dispatch()) return;
  const Timestamp at = now();
  for (const auto& queue : queues_) {
    for (auto batch = queue->take(at); !batch.empty(); batch = queue->take(at)) send(*queue, std::move(batch), at);
    for (Execution* evicted : queue->evict_if_slow(at)) move(*evicted->run);
  }
}

void Runner::Parts::send(StepQueue& queue, std::vector<Execution*> batch, Timestamp at) {
  for (Execution* execution : batch) execution->started_at = at;
  const auto call = std::make_shared<BatchCall>(
      BatchCall{std::move(batch), at, queue.circuit().probing(), queue.refusals().call_begins(), {}});
  lanes_.submit(
      queue.lane(), [&step = queue.step(), call] { call->lease_lost = execute_batch(step, call->executions); },
      [this, &queue, call] { batch_returned(queue, *call); });
}

void Runner::Parts::batch_returned(StepQueue& queue, const BatchCall& call) {
  const bool isolated = queue.returned(call.taken_at, call.executions);
  if (!call.lease_lost.empty()) {
    lost_ = call.lease_lost;
    return;
  }
  weigh(queue, call);
  weigh_call(queue, call, isolated);
  update_circuit(queue, call, now());
  for (Execution* execution : call.executions) settle(queue, *execution, now());
}

namespace {

template <class Outcome>
const Execution* first_with(const std::vector<Execution*>& executions) {
  const auto found = std::find_if(executions.begin(), executions.end(), [](const Execution* execution) {
    return std::holds_alternative<Outcome>(execution->outcome);
  });
  return found == executions.end() ? nullptr : *found;
}

std::string too_large(std::size_t bytes) {
  return "its output of " + std::to_string(bytes) + " bytes is more than the " + std::to_string(kOutputMax) +
         " that a checkpoint holds; let the step keep it elsewhere and return where";
}

const std::string& reason_of(const Outcome& refused) {
  const auto* item = std::get_if<Refused>(&refused);
  return item ? item->reason : std::get<CallRefused>(refused).reason;
}

bool is_accepted(const Execution* execution) {
  const auto* done = std::get_if<Succeeded>(&execution->outcome);
  return done != nullptr && done->accepted;
}

// Nobody asked the service: the item was found done, or has nothing to be done.
bool is_skipped(const Execution* execution) {
  const auto* done = std::get_if<Succeeded>(&execution->outcome);
  return done != nullptr && !done->accepted;
}

}  // namespace

// Whose refusals the call's are. While everybody is refused, only probes say more: the others were out before.
void Runner::Parts::weigh(StepQueue& queue, const BatchCall& call) {
  if (std::any_of(call.executions.begin(), call.executions.end(), is_accepted))
    queue.refusals().accepted(call.began_at, accepted_destinations(queue, call));
  const bool counts = !queue.circuit().refused() || call.probe;
  for (Execution* execution : call.executions)
    if (std::holds_alternative<Refused>(execution->outcome)) weigh_refusal(queue, *execution, counts);
}

std::set<std::string> Runner::Parts::accepted_destinations(StepQueue& queue, const BatchCall& call) {
  std::set<std::string> destinations;
  if (!queue.refusals().watches_destinations()) return destinations;
  for (const Execution* execution : call.executions)
    if (is_accepted(execution)) destinations.insert(queue.step().destination_of(*execution));
  return destinations;
}

void Runner::Parts::weigh_refusal(StepQueue& queue, Execution& execution, bool counts) {
  const Refused& refused = std::get<Refused>(execution.outcome);
  const Refusals::Item item = StepQueue::item_of(execution);
  if (!counts) return queue.refusals().refused_while_paused(item);
  const StepBase& step = queue.step();
  if (queue.refusals().refused(item, {.subject = refused.subject,
                                      .tenant = step.tenant_of(execution),
                                      .names_account = refused.names_account,
                                      .destination = step.destination_of(execution)}))
    execution.outcome = FailedForGood{refused.reason + " (again, though others were accepted in between)"};
}

// Whom a failed call concerns. What is known of a tenant that was alone in one counts as one refusal.
void Runner::Parts::weigh_call(StepQueue& queue, const BatchCall& call, bool isolated) {
  const StepBase& step = queue.step();
  const Execution* failed = first_with<CallRefused>(call.executions);
  if (failed == nullptr) {
    const bool answered = first_with<ServiceDown>(call.executions) == nullptr;
    if (isolated && answered) queue.isolation().accepted(step.tenant_of(*call.executions.front()));
    return;
  }
  std::map<std::string, std::size_t> items_of;
  for (const Execution* execution : call.executions)
    if (std::holds_alternative<CallRefused>(execution->outcome)) ++items_of[step.tenant_of(*execution)];
  std::vector<std::string> tenants;
  for (const auto& [tenant, items] : items_of) tenants.push_back(tenant);
  std::ranges::stable_sort(tenants, {}, [&](const std::string& tenant) { return items_of.at(tenant); });
  queue.isolate(tenants);
  const CallRefused& refused = std::get<CallRefused>(failed->outcome);
  if (!refused.one_tenant) return;
  const bool own = queue.isolation().refused(tenants.front(), refused.items, queue.refusals());
  if (!own && (!queue.circuit().refused() || call.probe)) queue.refusals().refused_tenant(tenants.front());
  for (const Execution* execution : call.executions)
    queue.refusals().refused_while_paused(StepQueue::item_of(*execution));
}

void Runner::Parts::update_circuit(StepQueue& queue, const BatchCall& call, Timestamp at) {
  Circuit& circuit = queue.circuit();
  if (const Execution* down = first_with<ServiceDown>(call.executions)) return open_as_down(queue, call, *down, at);
  const Execution* refused = first_with<Refused>(call.executions);
  if (!refused) refused = first_with<CallRefused>(call.executions);
  if (refused && queue.refusals().of_service()) return open_as_refused(queue, call, *refused, at);
  if (circuit.closed()) return;
  const bool answers = circuit.refused()
                           ? !queue.refusals().of_service()
                           : call.probe && !std::all_of(call.executions.begin(), call.executions.end(), is_skipped);
  if (!answers) {
    if (call.probe) circuit.end_probe();
    return;
  }
  notify(NoticeKind::kCircuitClosed, *call.executions.front(), circuit.reason());
  if (circuit.refused()) queue.refusals().begin_anew();
  circuit.close();
  queue.ramp().begin(at, 0.5 + jitter_.next() / 2);
}

void Runner::Parts::open_as_down(StepQueue& queue, const BatchCall& call, const Execution& execution, Timestamp at) {
  if (!queue.circuit().closed() && !call.probe) return;
  const auto& down = std::get<ServiceDown>(execution.outcome);
  queue.circuit().open(down.reason, at, jitter_.next(), down.waits);
  queue.note_service();
  pause(queue, execution);
}

// One line when it begins, not one a probe.
void Runner::Parts::open_as_refused(StepQueue& queue, const BatchCall& call, const Execution& execution, Timestamp at) {
  const bool began = !queue.circuit().refused();
  if (!queue.circuit().closed() && !call.probe) return;
  queue.circuit().refuse("the last " + std::to_string(queue.refusals().subjects()) +
                             " of different subjects were all refused: " + reason_of(execution.outcome),
                         at, jitter_.next());
  if (began) pause(queue, execution);
}

void Runner::Parts::pause(StepQueue& queue, const Execution& execution) {
  notify(NoticeKind::kCircuitOpened, execution, queue.circuit().reason());
  for (Execution* evicted : queue.evict()) move(*evicted->run);
}

void Runner::Parts::settle(StepQueue& queue, Execution& execution, Timestamp at) {
  execution.age += at - execution.started_at;
  // What comes back refused while everybody is refused is held, and costs nothing.
  if (const auto* refused = std::get_if<Refused>(&execution.outcome); refused && queue.circuit().refused())
    execution.outcome = ServiceDown{refused->reason};
  if (const auto* refused = std::get_if<CallRefused>(&execution.outcome)) {
    if (!queue.circuit().closed())
      execution.outcome = ServiceDown{refused->reason};
    else if (refused->one_tenant && refused->items == 1)
      execution.outcome = FailedForNow{refused->reason, {}};
    else
      return try_apart(queue, execution, at);
  }
  if (const auto* done = std::get_if<Succeeded>(&execution.outcome); done && done->json.size() > kOutputMax)
    execution.outcome = FailedForGood{too_large(done->json.size())};
  const AttemptFacts facts{execution.attempt, execution.age, at, jitter_.next()};
  Verdict verdict =
      judge(std::exchange(execution.outcome, Unsettled{}), retry_of(*execution.run->definition, queue.step()), facts);
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
      execution.retry_at = verdict.retry_at;
      execution.enter(Execution::Phase::kBackingOff);
      execution.age += verdict.retry_at - at;
      ++execution.attempt;
      break;
    case Verdict::Kind::kHold:
      execution.age -= at - execution.started_at;  // as if it had not been tried
      execution.enter(Execution::Phase::kHeld);
      break;
  }
  execution.error = std::move(verdict.text);
  move(*execution.run);
}

// As if it had not been tried.
void Runner::Parts::try_apart(StepQueue& queue, Execution& execution, Timestamp at) {
  execution.age -= at - execution.started_at;
  execution.error = reason_of(std::exchange(execution.outcome, Unsettled{}));
  queue.offer(execution, at, true);
  move(*execution.run);
}

// P3: what awaits the step goes on only when its checkpoint is durable.
void Runner::Parts::settled(Execution& execution, bool failed, std::string result, Timestamp at) {
  Refusals& refusals = queue_of(execution).refusals();
  if (refusals.remembers_any()) refusals.settled(StepQueue::item_of(execution));
  execution.enter(Execution::Phase::kSettling);
  execution.error = failed ? result : std::string();
  journal_.add(StepSettled{execution.run->stored.run,
                           {execution.step->name(), execution.key},
                           execution.attempt,
                           failed,
                           std::move(result),
                           execution.started_at,
                           at},
               [this, &execution, failed] {
                 execution.enter(failed ? Execution::Phase::kFailed : Execution::Phase::kSucceeded);
                 move(*execution.run);
               });
}

void Runner::Parts::notify(NoticeKind kind, const Execution& execution, std::string_view detail) const {
  const Event& event = execution.run->stored.event;
  ports_.observer.on({kind, event.id, execution.run->stored.workflow, execution.step->name(), execution.key,
                      execution.attempt, "", detail, event_id(event)});
}

void Runner::Parts::notify(NoticeKind kind, const Event& event, std::string_view subject,
                           std::string_view detail) const {
  ports_.observer.on({kind, event.id, event.workflow, "", "", 0, subject, detail, event_id(event)});
}

void Runner::Parts::notify(NoticeKind kind, std::string_view detail) const {
  ports_.observer.on({kind, "", "", "", "", 0, "", detail});
}

}  // namespace pawl::engine
