// A run's life in memory: it moves until it waits or ends, and leaves once that is durable.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "engine/measures/measures.h"
#include "engine/parking/parking.h"
#include "engine/port_calls/archiver.h"
#include "engine/port_calls/journal.h"
#include "engine/port_calls/mark_watch.h"
#include "engine/ports/observer.h"
#include "engine/runs/quarantine.h"
#include "engine/runs/run_table.h"
#include "engine/runtime/step_dispatch.h"

namespace pawl::engine {

/// The workflow of a run, by its name; null if this build has none.
const WorkflowDefinition* find_workflow(const std::vector<WorkflowDefinition>& workflows, const std::string& name);

/// How many runs ended how, since open().
struct EndCounts {
  std::uint64_t done = 0;
  std::uint64_t failed = 0;
  std::uint64_t cancelled = 0;
  std::uint64_t done_with_note = 0;  ///< Of those done.
};

/// Engine's thread only.
class RunLife {
 public:
  /// What it needs, all of which outlives it.
  struct Uses {
    const std::vector<WorkflowDefinition>& workflows;
    const Clock& clock;
    Observer& observer;
    Journal& journal;
    Archiver& archiver;
    RunTable& runs;
    Quarantine& quarantine;
    Parking& parking;
    StepDispatch& dispatch;
  };

  /// `acquitted` is called when a run has left that kept others out.
  RunLife(Uses uses, std::function<void()> acquitted) : use_(std::move(uses)), acquitted_(std::move(acquitted)) {}

  /// A run whose event was just delivered, and which is on record as moving, begins to move if it may now.
  void admit(const WorkflowDefinition& workflow, StoredRun stored);
  /// The same of one that was cancelled before it came: nothing of it may start before that is on record.
  void admit_cancelled(const WorkflowDefinition& workflow, StoredRun stored, const Cancellation& cancellation);
  /// Runs that were loaded since their wait is over. Each comes back, or waits on if it may not move beside the others.
  void woken(std::vector<StoredRun> loaded);
  /// The one that is held for its last delivery moves. Only when nothing else does.
  void wake_held();
  /// What is due next for a run of which something has changed.
  void move(RunState& run);
  /// Looks again at runs of which a part waits, where that is due.
  void look_again();

  /// What an operator asks of a run; `stored` is what the store had of it, where it was asked.
  MarkTaken asked(const Mark& mark, const StoredRun* stored);

  /// Another build began it. It is not skipped: it waits, and the next process takes it up at once.
  void park_misfit(const StoredRun& stored, const std::string& why);
  /// The run of an event that has just come is over, or never begins: that is told, counted and archived, with what its
  /// workflow says in place of the payload, else without secrets. Null: nobody can say.
  void finished(FinishedEvent end, const Event& event, const WorkflowDefinition* workflow);

  /// Runs in memory, those that are being loaded, and those that come when their cancellation is on record.
  std::size_t moving() const { return use_.runs.size() + use_.parking.loading() + deferred_; }
  const EndCounts& ends() const { return ends_; }
  /// Of a workflow, by its name.
  RunMeasures& measures_of(const std::string& workflow) { return measures_[workflow]; }
  /// How many wait for another build.
  std::size_t misfits() const { return misfits_.size(); }

 private:
  void record(const StoredRun& stored, const Cancellation& cancellation, std::function<void()> durable);
  void cancel(const StoredRun& stored, const Cancellation& cancellation);
  void retry_now(RunState& run, const Mark& mark);
  void cancelled(RunNumber number, const Cancellation& cancellation);
  MarkTaken asked_parked(const Mark& mark, const StoredRun& stored);
  void archive(FinishedEvent end, const Event& event, const Boxed<std::string>& said, EndedPayload else_payload);
  RunState& enter(const WorkflowDefinition& workflow, StoredRun stored, bool woken);
  void wake(const WorkflowDefinition& workflow, StoredRun stored);
  void look_again_later(RunState& run);
  void leave(RunState& run);
  void park(RunState& run);
  void end(RunState& run);
  void end_durably(RunState& run, RunStatus status, const std::string& reason, const Failure& failure);
  void forget(RunNumber number);
  Timestamp now() const { return use_.clock.now(); }

  Uses use_;
  std::function<void()> acquitted_;
  EndCounts ends_;
  std::size_t deferred_ = 0;  ///< By admit_cancelled.
  std::unordered_map<std::string, RunMeasures> measures_;
  std::unordered_set<RunNumber> misfits_;
};

}  // namespace pawl::engine
