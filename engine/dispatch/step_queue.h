// The ready executions of one step across all runs, and when a batch of them may go.
#pragma once

#include <deque>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/authoring/step.h"
#include "engine/authoring/workflow.h"
#include "engine/dispatch/circuit.h"
#include "engine/dispatch/ramp.h"
#include "engine/dispatch/tenant_isolation.h"
#include "engine/measures/measures.h"
#include "engine/ports/lanes.h"

namespace pawl::engine {

/// Engine's thread only.
///
/// A queue that does not move must not fill the window, or new events could not even start: once its first execution
/// has waited for kPatience, the queue keeps a few in memory and holds all others, until it has caught up.
class StepQueue {
 public:
  static constexpr Duration kPatience = std::chrono::seconds{5};

  /// `window`: how many runs may be in memory. A step that gets stuck takes at most half of it in flight, and an
  /// eighth in its queue.
  StepQueue(StepBase& step, LaneId lane, std::size_t window);

  StepBase& step() const { return *step_; }
  LaneId lane() const { return lane_; }
  Circuit& circuit() { return circuit_; }
  const Circuit& circuit() const { return circuit_; }
  Refusals& refusals() { return refusals_; }
  const Refusals& refusals() const { return refusals_; }
  Ramp& ramp() { return ramp_; }
  TenantIsolation& isolation() { return isolation_; }
  CallMeasures& calls() { return calls_; }
  const CallMeasures& calls() const { return calls_; }
  /// Of its executions for a workflow, by the address of that: of a few, mostly one.
  ExecutionCounts& counts_of(const WorkflowDefinition* workflow) {
    for (auto& [counted, counts] : counts_)
      if (counted == workflow) return counts;
    return counts_.emplace_back(workflow, ExecutionCounts{}).second;
  }
  /// Calls with these tenants fail: what is queued of them goes in calls of their own, in this order.
  void isolate(const std::vector<std::string>& tenants);
  bool empty() const { return ready_.empty(); }

  static Refusals::Item item_of(const Execution& execution);
  /// What is known of the execution as a probe.
  Refusals::Mark mark_of(const Execution& execution) const;
  /// The best rank of those that are held out of memory.
  void set_held_rank(Refusals::Rank rank) { held_rank_ = rank; }

  /// Queues the execution, or returns false and holds it: the circuit is open, or the queue is slow and full. So many
  /// of isolated tenants may wait in it; any other backs off for a while, which counts as no attempt. `returning`: it
  /// was held before, so that it must not lose its place to a new one.
  bool offer(Execution& execution, Timestamp now, bool returning);
  /// Nothing of this run is queued from now on.
  void withdraw(const RunState& run);
  /// What has just failed is the service as it is now.
  void note_service() { service_version_ = step_->service_version(); }
  /// Looks once a second whether the service behind a paused step may have been set right, and lets it probe then.
  void look_at_service(Timestamp now);
  /// When to look next, if it is to be looked at.
  std::optional<Timestamp> look_at() const;
  /// The next batch, if a thread is free, the rate allows it and the circuit admits it; else empty.
  std::vector<Execution*> take(Timestamp now);
  /// A batch that was taken at this time came back. True if it was an isolated tenant's.
  bool returned(Timestamp taken_at, const std::vector<Execution*>& executions) {
    in_flight_.erase(in_flight_.find(taken_at));
    return isolation_.returned(executions);
  }
  /// When the batch that has been out for longest was taken.
  std::optional<Timestamp> oldest_call() const {
    if (in_flight_.empty()) return std::nullopt;
    return *in_flight_.begin();
  }
  /// How many batches are out.
  std::size_t calls_out() const { return in_flight_.size(); }
  /// Everything queued, when the circuit opens.
  std::vector<Execution*> evict();
  /// What a queue that does not move holds back from now on; empty while it moves.
  std::vector<Execution*> evict_if_slow(Timestamp now);
  /// How many of so many held executions may come back now, into so much room.
  std::size_t may_return(Timestamp now, std::size_t held, std::size_t room);
  /// When some that it holds may come back, or one of them is to probe, if only time stands in the way.
  std::optional<Timestamp> held_due_at(Timestamp now) const;
  /// What an execution that it holds is told.
  std::string why_held(Timestamp now) const;
  /// When `take` may give more than now, or the queue become slow, if only time stands in the way.
  std::optional<Timestamp> due_at() const;

 private:
  struct Ready {
    Execution* execution;
    Timestamp since;
  };

  bool may_probe(const Execution& execution, Timestamp now, bool returning) const;
  bool offer_isolated(Execution& execution, const std::string& tenant, Timestamp now);
  std::vector<Execution*> take_ready(std::size_t most);
  std::size_t allowed_by_rate(Timestamp now);
  std::vector<Execution*> evict_beyond(std::size_t kept);
  bool thread_is_free() const { return in_flight_.size() < step_->options().parallelism; }

  StepBase* step_;
  LaneId lane_;
  std::size_t batch_max_;
  std::size_t runs_max_;  ///< Of one batch; neighbours of one run are counted once.
  std::size_t keep_;      ///< How many a slow queue has in memory.
  Circuit circuit_;
  Refusals refusals_;
  Refusals::Rank held_rank_ = Refusals::Rank::kNone;
  Ramp ramp_;
  std::deque<Ready> ready_;
  TenantIsolation isolation_;  ///< Empty while the circuit is open.
  bool isolated_is_next_ = false;
  std::multiset<Timestamp> in_flight_;  ///< When each batch that is out was taken.
  bool slow_ = false;
  CallMeasures calls_;
  std::vector<std::pair<const WorkflowDefinition*, ExecutionCounts>> counts_;
  std::string service_version_;
  Timestamp looked_at_{};
  Timestamp returned_at_{};  ///< When held ones were last let back into a slow queue.
  double tokens_ = 0;
  Timestamp refilled_at_{};
};

}  // namespace pawl::engine
