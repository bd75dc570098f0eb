// The parts of the runtime put together; private to the engine.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/dispatch/step_queue.h"
#include "engine/runs/decider.h"
#include "engine/runs/run_state.h"
#include "engine/runtime/archiver.h"
#include "engine/runtime/heartbeat.h"
#include "engine/runtime/intake.h"
#include "engine/runtime/journal.h"
#include "engine/runtime/lane_watch.h"
#include "engine/runtime/runner.h"
#include "engine/runtime/wake_list.h"

namespace pawl::engine {

// The lanes of lane_specs(), in its order.
enum : LaneId { kClaimLane, kFinishLane, kRenewLane, kCheckpointLane, kFirstStepLane };

/// The workflow of a run, by its name; null if this build has none.
const WorkflowDefinition* find_workflow(const std::vector<WorkflowDefinition>& workflows, const std::string& name);

/// How a workflow tries a step again.
const RetryPolicy& retry_of(const WorkflowDefinition& workflow, const StepBase& step);

/// Holds the runs and moves them. Split by concern over runner.cc (turns), runner_runs.cc (a run's life in memory),
/// runner_waits.cc (out of memory and back) and runner_steps.cc (batches and their outcomes).
class Runner::Parts {
 public:
  Parts(Ports ports, std::vector<WorkflowDefinition> workflows, RunnerOptions options);

  // runner.cc
  void open();
  void turn(Duration at_most);
  void drain() { draining_ = true; }
  bool drained() const;
  bool idle() const;
  RunnerStatus status() const;
  void interrupt_steps();

 private:
  struct BatchCall {
    std::vector<Execution*> executions;
    Timestamp taken_at{};
    bool probe = false;             ///< Sent through an open circuit.
    Refusals::Moment began_at = 0;  ///< In the order of the step's refusals.
    std::string lease_lost;
  };

  // runner.cc
  void throw_if_over() const;
  void report_ports();
  void report_outbox();
  /// The first of the outbox's calls that does not answer; null while all do.
  const Backoff* failing_call() const;
  /// Why outbox or store do not answer; empty while they do.
  std::string outbox_error() const;
  const std::string& store_error() const;
  Duration until_next_due(Duration at_most) const;
  void throw_if_hung() const;
  void throw_if_lane_hangs() const;
  std::string events_of_call(const StepQueue& queue, Timestamp taken_at) const;
  std::size_t room() const;
  std::size_t room_to_claim() const;
  Quarantine quarantine() const;
  void claim();
  Duration longest_wait() const;
  void prune_if_due();

  // runner_runs.cc: from arrival to the end
  void supersede(const UnfinishedRun& run);
  void arrive(std::vector<Arrival> arrivals);
  void arrive_new(Event event);
  void arrive_known(const Event& event, StoredRun stored);
  void arrive_again(RunState& run, const Event& event);
  void reopen(const Event& event, StoredRun stored);
  RunState& enter(const WorkflowDefinition& workflow, StoredRun stored);
  void admit(const WorkflowDefinition& workflow, StoredRun stored);
  void move(RunState& run);
  void queue_fresh(RunState& run);
  void end(RunState& run);
  void forget(RunNumber number);
  void end_durably(RunState& run, RunStatus status, const std::string& reason);
  static std::string payload_to_archive(const WorkflowDefinition* workflow, const std::string& payload);
  void finished(FinishedEvent end, const Event& event);

  // runner_waits.cc: out of memory and back
  void park(RunState& run);
  void park_misfit(const StoredRun& stored, const std::string& why);
  std::vector<WakeList::HeldBy> held_by(const std::vector<const Execution*>& held);
  void release_held();
  void release_probe(StepQueue& queue, Timestamp at);
  std::size_t room_to_wake() const;
  void wake_due();
  void woken(std::vector<StoredRun> stored);
  void wake(const WorkflowDefinition& workflow, StoredRun stored);
  /// It is to go on; in a drain only if it was just delivered and does not merely wait.
  bool last_delivery_moves() const;
  void wake_last_delivery();
  void leave(RunState& run);
  void look_again_later(RunState& run);
  void stop_looking(RunState& run);
  void look_again();

  // runner_steps.cc: batches out, outcomes in
  bool may_dispatch() const;
  void dispatch();
  void send(StepQueue& queue, std::vector<Execution*> batch, Timestamp at);
  void batch_returned(StepQueue& queue, const BatchCall& call);
  void weigh(StepQueue& queue, const BatchCall& call);
  /// Where they went, as far as anybody asks.
  static std::set<std::string> accepted_destinations(StepQueue& queue, const BatchCall& call);
  void weigh_call(StepQueue& queue, const BatchCall& call, bool isolated);
  void weigh_refusal(StepQueue& queue, Execution& execution, bool counts);
  void update_circuit(StepQueue& queue, const BatchCall& call, Timestamp now);
  void open_as_down(StepQueue& queue, const BatchCall& call, const Execution& execution, Timestamp now);
  void open_as_refused(StepQueue& queue, const BatchCall& call, const Execution& execution, Timestamp now);
  void pause(StepQueue& queue, const Execution& execution);
  void settle(StepQueue& queue, Execution& execution, Timestamp now);
  void try_apart(StepQueue& queue, Execution& execution, Timestamp now);
  void settled(Execution& execution, bool failed, std::string result, Timestamp now);
  StepQueue& queue_of(const Execution& execution);

  void notify(NoticeKind kind, const Execution& execution, std::string_view detail) const;
  void notify(NoticeKind kind, const Event& event, std::string_view subject, std::string_view detail) const;
  void notify(NoticeKind kind, std::string_view detail) const;
  Timestamp now() const { return ports_.clock.now(); }

  Ports ports_;
  LaneWatch lanes_;
  std::vector<WorkflowDefinition> workflows_;
  RunnerOptions options_;
  Jitter jitter_;
  Journal journal_;
  Archiver archiver_;
  Heartbeat heartbeat_;
  std::unique_ptr<Intake> intake_;
  std::vector<std::unique_ptr<StepQueue>> queues_;
  std::map<const StepBase*, StepQueue*> queue_by_step_;
  std::map<const StepBase*, std::string> step_names_;  ///< As in named_steps.
  WakeList wakes_;

  std::unordered_map<RunNumber, std::unique_ptr<RunState>> runs_;
  std::unordered_map<std::string, RunNumber> run_by_event_;  ///< By Event::id.
  RunNumber next_run_ = 1;
  std::multiset<int> suspects_;             ///< The quarantine_of of runs in memory that are quarantined.
  std::optional<StoredRun> last_delivery_;  ///< Due, and has to be alone: goes on when nothing else moves.
  std::size_t payloads_ = 0;                ///< Bytes of the payloads of runs in memory.
  std::size_t weight_ = 0;                  ///< What the items of runs in memory count, beside the runs.
  std::size_t waking_ = 0;                  ///< Runs being loaded.
  std::size_t woken_ = 0;                   ///< Runs in memory that had been parked.
  std::set<std::pair<Timestamp, RunNumber>> look_again_at_;  ///< Runs in memory of which a part waits.
  bool pruning_ = false;
  bool draining_ = false;
  bool outbox_was_down_ = false;
  struct {
    const Backoff* call = nullptr;            ///< Of whose trouble was told last.
    std::optional<Timestamp> other_retry_at;  ///< Of the call that failed on when that one was back.
  } outbox_reported_;
  bool store_was_down_ = false;
  Backoff loads_;
  std::string store_refusal_;
  Timestamp prune_at_{};
  Timestamp newest_event_{};  ///< By Postgres' clock.
  std::string lost_;
  RunnerStatus counters_;
};

}  // namespace pawl::engine
