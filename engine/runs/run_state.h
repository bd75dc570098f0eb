// One run in memory: its coroutine frame, its executions, and what its checkpoints say.
#pragma once

#include <array>
#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/authoring/execution.h"
#include "engine/authoring/run.h"
#include "engine/authoring/workflow.h"
#include "engine/faults/work_count.h"
#include "engine/ports/checkpoints.h"
#include "engine/ports/moving_runs.h"

namespace pawl::engine {

inline constexpr std::size_t kItemsOfWeight = 16;  ///< So many items take about as much memory as a run.

/// Finds what is known of a step by its name and key.
struct ByStep {
  using is_transparent = void;
  static const StepKey& key(const StepKey& step) { return step; }
  template <class Entry>
  static const StepKey& key(const Entry& entry) {
    return entry.step;
  }
  bool operator()(const auto& a, const auto& b) const {
    count_look();
    return key(a) < key(b);
  }
};

/// Executions in order of step and key, which is the same in every process.
struct ByName {
  bool operator()(const Execution* a, const Execution* b) const;
  bool operator()(const std::pair<Timestamp, Execution*>& a, const std::pair<Timestamp, Execution*>& b) const {
    return a.first != b.first ? a.first < b.first : (*this)(a.second, b.second);
  }
};

/// Owned by the runner and touched by its thread only. Destroyed to park the run; rebuilt from a StoredRun to wake it.
struct RunState {
  RunState(const WorkflowDefinition& definition, StoredRun stored);
  ~RunState();

  /// Calls the workflow's function on first use, then resumes the coroutine, which `can_advance` must allow: it would
  /// take the output of an execution that has none. Whatever it throws ends the run.
  void advance();

  /// The sighting is on record: whatever has not settled is abandoned, but for what is out, which has this attempt
  /// left. Nothing of the run may be queued any more.
  void cancel(const Cancellation& cancellation);
  /// The code has yet to meet the cancellation: what it starts is abandoned at once, unless it has settled before.
  bool abandons() const { return stored.cancelled && !cancel_thrown; }

  /// The coroutine returned or threw.
  bool returned() const { return frame.returned() || failed_to_start; }
  /// Whatever the coroutine awaits has settled.
  bool can_advance() const;
  /// Executions that are neither settled nor waiting.
  bool moving() const;
  bool waiting() const { return !backing_off.empty() || !held.empty(); }
  std::size_t in(Execution::Phase phase) const { return in_phase.at(static_cast<std::size_t>(phase)); }

  const WorkflowDefinition* definition;
  StoredRun stored;                             ///< Without its steps and retries, which are in the next two.
  std::set<StepSettled, ByStep> steps_left;     ///< Taken as the code asks for them; the rest is what it forgot.
  std::set<PendingRetry, ByStep> retries_left;  ///< The same.
  Workflow frame;
  bool started = false;
  int quarantine = kNoQuarantine;  ///< Its quarantine_of: other than none if its event may have crashed a worker.
  bool executing = false;          ///< Its checkpoints fit, and what they lack may execute.
  bool woken = false;              ///< It was parked and has come back.
  Timestamp look_again_at{};       ///< Some of it moves and some waits: when to look at what waits.
  Boxed<RunParked> parking;        ///< What says why it leaves, while that is on the way to the store.
  bool leaving = false;            ///< Its end or its parking is on the way to the store.
  bool failed_to_start = false;
  bool cancel_thrown = false;  ///< An await has thrown Cancelled: what is started from here on executes.
  std::exception_ptr failure;
  int awaits_thrown = 0;   ///< How many awaits have thrown.
  int last_thrown = 0;     ///< The await that threw last, while its code has started nothing since; else 0.
  std::string note;        ///< What it has to say however it ends.
  std::string unreadable;  ///< The first checkpoint that today's code cannot read.

  // kept by the executions themselves, which it outlives
  std::array<std::size_t, Execution::kPhases> in_phase{};
  std::set<std::pair<Timestamp, Execution*>, ByName> backing_off;  ///< By when they are due.
  std::set<Execution*, ByName> held;
  std::size_t* weight = nullptr;  ///< Counts one for each kItemsOfWeight of all runs, beyond each one's first.
  std::map<StepKey, std::unique_ptr<Execution>> executions;
  std::list<StartedGroup> groups;
  std::vector<Execution*> fresh;  ///< Started by the last advance and not yet queued or waiting.
  std::vector<const StartedGroup*> awaited;

 private:
  void create_frame();
};

/// Why the run failed, in one line that names every failed step's first reason and counts the others; empty if it did
/// not fail.
std::string failure_reason(const RunState& run);
/// The same for programs: which step ended it, how, and with which code.
Failure failure_of(const RunState& run);

/// How a cancelled run ends: by whom it was and why, what its code threw beside that, and what it has to say.
std::string cancelled_reason(const RunState& run);

/// The failed steps that a failed run's code has acted on: an await threw over them, and what it threw was caught, if
/// only to start something else before it was thrown again. All that failed where its code has not run.
std::vector<StepKey> caught_failures(const RunState& run);

/// Where a failed run may go on, given these.
Resumable resumable(const RunState& run, const std::vector<StepKey>& caught);

/// Why the run may not end by today's code, which is another than that which began it; empty if it may. A step that
/// settled and is no longer asked for is no reason: what it did is done. One that still waits for an attempt is.
std::string misfit(const RunState& run);

}  // namespace pawl::engine
