// Ready executions go out to the lanes in batches, and their outcomes come in.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/dispatch/call_evidence.h"
#include "engine/dispatch/step_queues.h"
#include "engine/port_calls/journal.h"
#include "engine/ports/lanes.h"
#include "engine/ports/observer.h"
#include "engine/runs/run_state.h"

namespace pawl::engine {

struct AttemptFacts;

/// Engine's thread only.
class StepDispatch {
 public:
  /// Called when an execution of the run has changed its phase, so that the run may move.
  using Moved = std::function<void(RunState&)>;

  /// What it needs, all of which outlives it.
  struct Uses {
    StepQueues& queues;
    Lanes& lanes;
    const Clock& clock;
    Observer& observer;
    Journal& journal;
    Jitter& jitter;
  };

  StepDispatch(Uses uses, Moved moved) : use_(uses), moved_(std::move(moved)) {}

  /// Queues what the run's code has just started, but for what still backs off.
  void offer_fresh(RunState& run);
  /// Queues what of the run is due or held, where its step takes it.
  void offer_waiting(RunState& run);
  /// What of the run backs off or is held is due now: attempts count on, and a paused step lets it probe.
  void retry_now(RunState& run);
  /// The run's cancellation is on record: nothing of it is queued any more.
  void cancel(RunState& run, const Cancellation& cancellation);
  /// Sends all batches that may go.
  void turn();

  /// When `turn` may have something to do, if only time stands in the way.
  std::optional<Timestamp> due_at() const;
  /// A step found that its effect would not be ours any more: why. Empty while none did.
  const std::string& lease_lost() const { return lost_; }
  std::uint64_t attempts_failed() const { return attempts_failed_; }

 private:
  void send(StepQueue& queue, std::vector<Execution*> batch, Timestamp at);
  void returned(StepQueue& queue, const StepCall& call);
  void tell(StepQueue& queue, const CircuitChange& change);
  void due_now(Execution& execution, Timestamp now);
  void settle(StepQueue& queue, Execution& execution, Timestamp at);
  void retry(Execution& execution, const RetryPolicy& policy, const AttemptFacts& facts, Timestamp retry_at);
  void settled(StepQueue& queue, Execution& execution, bool failed, std::string result, Timestamp at);
  void notify(NoticeKind kind, const Execution& execution, std::string_view detail) const;

  Uses use_;
  Moved moved_;
  std::string lost_;
  std::uint64_t attempts_failed_ = 0;
};

}  // namespace pawl::engine
