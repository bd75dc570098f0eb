// One call at a time, in the order in which they come back.
#include "engine/dispatch/call_evidence.h"

#include <algorithm>
#include <map>
#include <set>

namespace pawl::engine {

namespace {

template <class Wanted>
const Execution* first_with(const std::vector<Execution*>& executions) {
  const auto found = std::find_if(executions.begin(), executions.end(), [](const Execution* execution) {
    return std::holds_alternative<Wanted>(execution->outcome);
  });
  return found == executions.end() ? nullptr : *found;
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

void weigh_refusal(StepQueue& queue, Execution& execution, bool counts) {
  const Refused& refused = std::get<Refused>(execution.outcome);
  const Refusals::Item item = StepQueue::item_of(execution);
  if (!counts) return queue.refusals().refused_while_paused(item);
  const StepBase& step = queue.step();
  if (queue.refusals().refused(item, {.subject = refused.subject,
                                      .tenant = step.tenant_of(execution),
                                      .names_account = refused.names_account,
                                      .destination = step.destination_of(execution)}))
    execution.outcome =
        FailedForGood{refused.reason + " (again, though others were accepted in between)", refused.code};
}

// Where they went, as far as anybody asks.
std::set<std::string> accepted_destinations(const StepQueue& queue, const StepCall& call) {
  std::set<std::string> destinations;
  if (!queue.refusals().watches_destinations()) return destinations;
  for (const Execution* execution : call.executions)
    if (is_accepted(execution)) destinations.insert(queue.step().destination_of(*execution));
  return destinations;
}

// Whose refusals the call's are. While everybody is refused, only probes say more: the others were out before.
void weigh_items(StepQueue& queue, const StepCall& call) {
  if (std::any_of(call.executions.begin(), call.executions.end(), is_accepted))
    queue.refusals().accepted(call.began_at, accepted_destinations(queue, call));
  const bool counts = !queue.circuit().refused() || call.probe;
  for (Execution* execution : call.executions)
    if (std::holds_alternative<Refused>(execution->outcome)) weigh_refusal(queue, *execution, counts);
}

// Those with the fewest items in the failed call first.
std::vector<std::string> tenants_of_failed(const StepBase& step, const StepCall& call) {
  std::map<std::string, std::size_t> items_of;
  for (const Execution* execution : call.executions)
    if (std::holds_alternative<CallRefused>(execution->outcome)) ++items_of[step.tenant_of(*execution)];
  std::vector<std::string> tenants;
  for (const auto& [tenant, items] : items_of) tenants.push_back(tenant);
  std::ranges::stable_sort(tenants, {}, [&](const std::string& tenant) { return items_of.at(tenant); });
  return tenants;
}

// Whom a failed call concerns. What is known of a tenant that was alone in one counts as one refusal.
void weigh_call(StepQueue& queue, const StepCall& call, bool isolated) {
  const StepBase& step = queue.step();
  const Execution* failed = first_with<CallRefused>(call.executions);
  if (failed == nullptr) {
    const bool answered = first_with<ServiceDown>(call.executions) == nullptr;
    if (isolated && answered) queue.isolation().accepted(step.tenant_of(*call.executions.front()));
    return;
  }
  const std::vector<std::string> tenants = tenants_of_failed(step, call);
  queue.isolate(tenants);
  const CallRefused& refused = std::get<CallRefused>(failed->outcome);
  if (!refused.one_tenant) return;
  const bool own = queue.isolation().refused(tenants.front(), refused.items, queue.refusals());
  if (!own && (!queue.circuit().refused() || call.probe))
    queue.refusals().refused_tenant(tenants.front(), refused.presumed);
  for (const Execution* execution : call.executions)
    queue.refusals().refused_while_paused(StepQueue::item_of(*execution));
}

CircuitChange opened(const StepQueue& queue, const Execution& over) {
  return {CircuitChange::Kind::kOpened, &over, queue.circuit().reason()};
}

CircuitChange open_as_down(StepQueue& queue, const StepCall& call, const Execution& execution, Timestamp now,
                           Jitter& jitter) {
  if (!queue.circuit().closed() && !call.probe) return {};
  const auto& down = std::get<ServiceDown>(execution.outcome);
  queue.circuit().open(down.reason, now, jitter.next(), down.waits);
  queue.note_service();
  return opened(queue, execution);
}

// It is told when it begins, not once a probe.
CircuitChange open_as_refused(StepQueue& queue, const StepCall& call, const Execution& execution, Timestamp now,
                              Jitter& jitter) {
  const bool began = !queue.circuit().refused();
  if (!queue.circuit().closed() && !call.probe) return {};
  const std::size_t subjects = queue.refusals().subjects();
  const std::string whose = subjects == 1
                                ? "nobody was accepted since: "
                                : "the last " + std::to_string(subjects) + " of different subjects were all refused: ";
  queue.circuit().refuse(whose + reason_of(execution.outcome), now, jitter.next());
  return began ? opened(queue, execution) : CircuitChange{};
}

CircuitChange close(StepQueue& queue, const StepCall& call, Timestamp now, Jitter& jitter) {
  Circuit& circuit = queue.circuit();
  CircuitChange closed{CircuitChange::Kind::kClosed, call.executions.front(), circuit.reason()};
  if (circuit.refused()) queue.refusals().begin_anew();
  circuit.close();
  queue.ramp().begin(now, 0.5 + jitter.next() / 2);
  return closed;
}

}  // namespace

CircuitChange weigh(StepQueue& queue, const StepCall& call, bool isolated, Timestamp now, Jitter& jitter) {
  weigh_items(queue, call);
  weigh_call(queue, call, isolated);
  Circuit& circuit = queue.circuit();
  if (const Execution* down = first_with<ServiceDown>(call.executions))
    return open_as_down(queue, call, *down, now, jitter);
  const Execution* refused = first_with<Refused>(call.executions);
  if (!refused) refused = first_with<CallRefused>(call.executions);
  if (refused && queue.refusals().of_service()) return open_as_refused(queue, call, *refused, now, jitter);
  if (circuit.closed()) return {};
  const bool answers = circuit.refused()
                           ? !queue.refusals().of_service()
                           : call.probe && !std::all_of(call.executions.begin(), call.executions.end(), is_skipped);
  if (answers) return close(queue, call, now, jitter);
  if (call.probe) circuit.end_probe();
  return {};
}

}  // namespace pawl::engine
