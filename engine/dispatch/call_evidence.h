// What a call of a step that came back says of the service behind it.
#pragma once

#include <string>
#include <vector>

#include "engine/dispatch/step_queue.h"
#include "engine/runs/jitter.h"

namespace pawl::engine {

/// One batch of a step on its way over a lane.
struct StepCall {
  std::vector<Execution*> executions;
  Timestamp taken_at{};
  bool probe = false;             ///< Sent through an open circuit.
  Refusals::Moment began_at = 0;  ///< In the order of the step's refusals.
  std::string lease_lost{};
};

/// What became of a step's circuit, where somebody is to be told of it.
struct CircuitChange {
  enum class Kind {
    kNone,
    kOpened,  ///< Or was found open still by a probe of what is down. What is queued has to be evicted.
    kClosed,
  };
  Kind kind = Kind::kNone;
  const Execution* execution = nullptr;  ///< Over which one.
  std::string reason{};                  ///< Why it is open, or was.
};

/// Weighs the outcomes of a call that has been `returned` to its queue: counts refusals, isolates tenants, opens and
/// closes the circuit. An item that was refused for its own sake has failed for good afterwards. `isolated`: the call
/// was an isolated tenant's.
CircuitChange weigh(StepQueue& queue, const StepCall& call, bool isolated, Timestamp now, Jitter& jitter);

}  // namespace pawl::engine
