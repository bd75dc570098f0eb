// The parts of the runtime put together; private to the engine.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/dispatch/step_queue.h"
#include "engine/runs/decider.h"
#include "engine/runs/run_table.h"
#include "engine/runs/suspects.h"
#include "engine/runs/window.h"
#include "engine/runtime/archiver.h"
#include "engine/runtime/heartbeat.h"
#include "engine/runtime/intake.h"
#include "engine/runtime/journal.h"
#include "engine/runtime/lane_watch.h"
#include "engine/runtime/outage_report.h"
#include "engine/runtime/runner.h"
#include "engine/runtime/store_pruning.h"
#include "engine/runtime/wake_list.h"

namespace pawl::engine {

// The lanes of lane_specs(), in its order.
enum : LaneId { kClaimLane, kFinishLane, kRenewLane, kCheckpointLane, kFirstStepLane };

/// The workflow of a stored run, or of a new event; null if this build has none.
const WorkflowDefinition* find_workflow(const std::vector<WorkflowDefinition>& workflows, const StoredRun& stored);

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
  Duration until_next_due(Duration at_most) const;
  void throw_if_hung() const;
  void throw_if_lane_hangs() const;
  Occupancy occupancy() const;
  std::size_t room_to_claim() const;
  std::size_t room_to_wake() const { return window_.room_to_wake(occupancy()); }
  /// Runs in memory and those that are being loaded.
  std::size_t moving() const { return runs_.size() + waking_; }
  void claim();
  Duration longest_wait() const;

  // runner_runs.cc: from arrival to the end
  void supersede(const UnfinishedRun& run);
  void arrive(std::vector<Arrival> arrivals);
  void arrive_new(Event event);
  void arrive_known(const Event& event, StoredRun stored);
  void arrive_again(RunState& run, const Event& event);
  void reopen(const Event& event, StoredRun stored);
  RunState& enter(const WorkflowDefinition& workflow, StoredRun stored, bool woken);
  void admit(const WorkflowDefinition& workflow, StoredRun stored);
  void move(RunState& run);
  void queue_fresh(RunState& run);
  void end(RunState& run);
  void forget(RunNumber number);
  void end_durably(RunState& run, RunStatus status, const std::string& reason);
  static std::string payload_to_archive(const WorkflowDefinition* workflow, const std::string& payload);
  void finished(FinishedEvent event);

  // runner_waits.cc: out of memory and back
  void park(RunState& run);
  void park_misfit(const StoredRun& stored, const std::string& why);
  std::vector<WakeList::HeldBy> held_by(const std::vector<const Execution*>& held);
  void release_held();
  void release_probe(StepQueue& queue, Timestamp at);
  void wake_due();
  void woken(std::vector<StoredRun> stored);
  void wake(const WorkflowDefinition& workflow, StoredRun stored);
  /// It is to go on; in a drain only if it was just delivered and does not merely wait.
  bool last_delivery_moves() const;
  void wake_last_delivery();
  void leave(RunState& run);
  void look_again_later(RunState& run);
  void look_again();

  // runner_steps.cc: batches out, outcomes in
  bool may_dispatch() const;
  void dispatch();
  void send(StepQueue& queue, std::vector<Execution*> batch, Timestamp at);
  void batch_returned(StepQueue& queue, const BatchCall& call);
  void weigh(StepQueue& queue, const BatchCall& call);
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
  void notify(NoticeKind kind, std::string_view event_id, std::string_view subject, std::string_view detail) const;
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
  WakeList wakes_;

  RunTable runs_;
  Window window_;
  Suspects suspects_;
  RunNumber next_run_ = 1;
  std::size_t waking_ = 0;  ///< Runs being loaded.
  bool draining_ = false;
  Backoff loads_;
  OutageReport outages_;
  StorePruning pruning_;
  std::string store_refusal_;
  std::string lost_;
  RunnerStatus counters_;
};

}  // namespace pawl::engine
