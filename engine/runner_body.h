// The parts of the runtime put together; private to the engine.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/archiver.h"
#include "engine/decider.h"
#include "engine/heartbeat.h"
#include "engine/intake.h"
#include "engine/journal.h"
#include "engine/run_state.h"
#include "engine/runner.h"
#include "engine/step_queue.h"
#include "engine/wake_list.h"

namespace pawl::engine {

/// Holds the runs and moves them. Split by concern over runner.cc (turns), runner_runs.cc (a run's life in memory) and
/// runner_steps.cc (batches and their outcomes).
class Runner::Body {
 public:
  Body(Ports ports, std::vector<WorkflowDefinition> workflows, RunnerOptions options);

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
    bool probe = false;  ///< Sent through an open circuit.
    std::string lease_lost;
  };

  // runner.cc
  void throw_if_over() const;
  void report_ports();
  /// Why outbox or store do not answer; empty while they do.
  std::string outbox_error() const;
  const std::string& store_error() const;
  Duration until_next_due(Duration at_most) const;
  std::size_t room() const;
  Company company() const;
  void claim();
  void wake_due();
  Duration longest_wait() const;
  void prune_if_due();

  // runner_runs.cc: from arrival to the end
  void supersede(const UnfinishedRun& run);
  void arrive(std::vector<Arrival> arrivals);
  void arrive_new(Event event);
  void arrive_known(const Event& event, StoredRun stored);
  void arrive_again(RunState& run, const Event& event);
  void reopen(const Event& event, StoredRun stored);
  bool set_aside(RunNumber number, const Event& event);
  void admit(const WorkflowDefinition& workflow, StoredRun stored);
  RunState& enter(const WorkflowDefinition& workflow, StoredRun stored);
  void woken(std::vector<StoredRun> stored);
  void wake(const WorkflowDefinition& workflow, StoredRun stored);
  void wake_last_delivery();
  void move(RunState& run);
  void queue_fresh(RunState& run);
  void park(RunState& run);
  void park_misfit(const StoredRun& stored, const std::string& why);
  void end(RunState& run);
  void forget(RunNumber number);
  void end_durably(RunNumber number, const Event& event, RunStatus status, const std::string& reason);
  void finished(const Event& event, RunStatus status, const std::string& reason);

  // runner_steps.cc: batches out, outcomes in
  void dispatch();
  void send(StepQueue& queue, std::vector<Execution*> batch);
  void batch_returned(StepQueue& queue, const BatchCall& call);
  void update_circuit(StepQueue& queue, const BatchCall& call, Timestamp now);
  void settle(StepQueue& queue, Execution& execution, Timestamp now);
  void settled(Execution& execution, bool failed, std::string result, Timestamp now);
  void probe_circuits(Timestamp now);
  StepQueue& queue_of(const Execution& execution);

  void notify(NoticeKind kind, const Execution& execution, std::string_view detail) const;
  void notify(NoticeKind kind, std::string_view event_id, std::string_view subject, std::string_view detail) const;
  Timestamp now() const { return ports_.clock.now(); }
  double jitter() { return std::uniform_real_distribution<double>(0, 1)(random_); }

  Ports ports_;
  std::vector<WorkflowDefinition> workflows_;
  RunnerOptions options_;
  std::mt19937_64 random_;
  Journal journal_;
  Archiver archiver_;
  Heartbeat heartbeat_;
  std::unique_ptr<Intake> intake_;
  std::vector<std::unique_ptr<StepQueue>> queues_;
  std::map<const StepBase*, StepQueue*> queue_by_step_;
  WakeList wakes_;

  std::unordered_map<RunNumber, std::unique_ptr<RunState>> runs_;
  std::unordered_map<std::string, RunNumber> run_by_event_;
  RunNumber next_run_ = 1;
  std::multiset<int> suspects_;             ///< The company_of of runs in memory that may not have full company.
  std::optional<StoredRun> last_delivery_;  ///< Due, and has to be alone: goes on when nothing else moves.
  std::size_t waking_ = 0;                  ///< Runs being loaded.
  bool pruning_ = false;
  bool draining_ = false;
  bool outbox_was_down_ = false;
  bool store_was_down_ = false;
  Backoff loads_;
  std::string store_refusal_;
  Timestamp prune_at_{};
  std::string lost_;
  RunnerStatus counters_;
};

}  // namespace pawl::engine
