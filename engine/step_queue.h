// The ready executions of one step across all runs, and when a batch of them may go.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "engine/circuit.h"
#include "engine/lanes.h"
#include "engine/step.h"

namespace pawl::engine {

/// Engine's thread only.
class StepQueue {
 public:
  StepQueue(StepBase& step, LaneId lane) : step_(&step), lane_(lane) {}

  StepBase& step() const { return *step_; }
  LaneId lane() const { return lane_; }
  Circuit& circuit() { return circuit_; }
  const Circuit& circuit() const { return circuit_; }
  bool empty() const { return ready_.empty(); }

  /// Queues the execution, or returns false when the circuit is open: it is to be held.
  bool offer(Execution& execution, Timestamp now);
  /// The next batch, if a thread is free, the rate allows it and the circuit admits it; else empty.
  std::vector<Execution*> take(Timestamp now);
  /// A batch that was taken came back.
  void returned() { --in_flight_; }
  /// Everything queued, when the circuit opens.
  std::vector<Execution*> evict();
  /// When `take` may give more than now, if only time stands in the way.
  std::optional<Timestamp> due_at() const;

 private:
  std::size_t allowed_by_rate(Timestamp now);

  StepBase* step_;
  LaneId lane_;
  Circuit circuit_;
  std::deque<Execution*> ready_;
  std::size_t in_flight_ = 0;
  double tokens_ = 0;
  Timestamp refilled_at_{};
};

}  // namespace pawl::engine
