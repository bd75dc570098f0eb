// Runs that are out of memory while nothing of them moves: what each waits for, and how it is loaded again.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "engine/dispatch/step_queues.h"
#include "engine/parking/wake_list.h"
#include "engine/port_calls/backoff.h"
#include "engine/ports/checkpoints.h"
#include "engine/ports/lanes.h"
#include "engine/runs/run_state.h"

namespace pawl::engine {

/// What a run waits for of which nothing moves.
struct Wait {
  std::optional<Timestamp> until;         ///< When the first of its retries is due.
  std::vector<WakeList::HeldBy> held_by;  ///< Each step once that holds some of it.
  std::string reason;
};

/// Engine's thread only. A run comes back for whichever of its waits is over first. Loads run on the checkpoint lane.
class Parking {
 public:
  /// Called with the runs that were loaded and are to go on.
  using Loaded = std::function<void(std::vector<StoredRun>)>;

  /// What it needs, all of which outlives it.
  struct Uses {
    StepQueues& queues;
    Checkpoints& store;
    Lanes& lanes;
    LaneId lane;
    const Clock& clock;
    Jitter& jitter;
  };

  Parking(Uses uses, Loaded loaded) : use_(uses), loaded_(std::move(loaded)), loads_(uses.jitter) {}

  Wait wait_of(const RunState& run) const;
  void park(RunNumber run, const Wait& wait) { wakes_.park(run, wait.until, wait.held_by); }
  void park(RunNumber run, Timestamp until) { wakes_.at(until, run); }

  /// A parked run is due now, whatever it waits for; with `retry_now` so are its retries. Nothing is changed while it
  /// is being loaded.
  void wake(RunNumber run, bool retry_now);
  /// The retries of a run that is parked are due whenever it comes back.
  void retry_now_once_loaded(RunNumber run) { retry_now_.insert(run); }
  bool is_loading(RunNumber run) const { return loading_.contains(run); }

  /// Lets those come back, at most `room` a step, whose step takes executions again.
  void release_held(std::size_t room);
  /// Loads at most `room` of those that are due.
  void wake_due(std::size_t room);

  /// When `wake_due` has something to do, given some room; none while the store is left alone.
  std::optional<Timestamp> wake_due_at() const;
  /// When `release_held` has, given some room.
  std::optional<Timestamp> held_due_at() const;
  /// How many runs wait for the step; a few that have gone on since may be counted.
  std::size_t held(const StepBase& step) const { return wakes_.held(&step); }
  std::size_t parked() const { return wakes_.size(); }
  /// How many are being loaded.
  std::size_t loading() const { return loading_.size(); }
  /// Down while the store cannot be read: the runs stay parked.
  const Backoff& backoff() const { return loads_; }
  /// The store refused for good: an operator has to act.
  const std::string& store_refusal() const { return store_refusal_; }

 private:
  struct Load {
    std::vector<RunNumber> runs;
    std::vector<StoredRun> found{};
    std::string error{};
    bool refused = false;
  };

  static void load(Checkpoints& store, Load& load);
  void loaded(Load& load);
  void release_probe(StepQueue& queue, Timestamp at);

  Uses use_;
  Loaded loaded_;
  WakeList wakes_;
  std::unordered_set<RunNumber> loading_;
  std::unordered_set<RunNumber> retry_now_;
  Backoff loads_;
  std::string store_refusal_;
};

}  // namespace pawl::engine
