// Forgets runs that ended long ago.
#pragma once

#include <algorithm>
#include <cstddef>
#include <exception>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "engine/faults/crash_point.h"
#include "engine/ports/checkpoints.h"
#include "engine/ports/lanes.h"
#include "engine/ports/observer.h"
#include "engine/ports/outbox.h"

namespace pawl::engine {

/// Engine's thread only. Each hour it prunes the store on the checkpoint lane, in steps of which one that deletes as
/// many as it may is followed by another at once. Then it asks the outbox about failed runs that are as old, some at a
/// time, and deletes those that nobody can resume any more.
///
/// Two clocks have to agree that a run is old: this host's, and that of Postgres as the newest event shows it. One that
/// is years ahead would have every run forgotten at once.
class StorePruning {
 public:
  static constexpr Duration kEvery = std::chrono::hours{1};
  static constexpr std::size_t kAtOnce = 1000;

  struct Lane {
    LaneId checkpoints;
    LaneId finish;  ///< Of Outbox::resolved.
  };

  /// `retention` 0 keeps every run.
  StorePruning(Checkpoints& store, Outbox& outbox, Lanes& lanes, Lane lane, const Clock& clock, Duration retention,
               Observer& observer)
      : store_(store),
        outbox_(outbox),
        lanes_(lanes),
        lane_(lane),
        clock_(clock),
        retention_(retention),
        observer_(observer) {}

  /// Due at once, not an hour later: a worker that is restarted more often would never prune.
  void start(Timestamp now) { prune_at_ = now; }
  /// An event came that was created then, by Postgres' clock.
  void event_came(Timestamp created_at) { newest_event_ = std::max(newest_event_, created_at); }

  void turn(Timestamp now) {
    const bool off = retention_.count() == 0 || newest_event_ == Timestamp{};
    if (off || busy_ || now < prune_at_) return;
    busy_ = true;
    const auto step = std::make_shared<Step>();
    const Timestamp before = std::min(now, newest_event_) - retention_;
    lanes_.submit(
        lane_.checkpoints,
        [&store = store_, before, above = asked_up_to_, step] { prune(store, before, above, *step); },
        [this, step] {
          tell(step->pruned);
          if (step->pruned == kAtOnce)
            busy_ = false;
          else
            ask_about(step);
        });
  }

 private:
  struct Step {
    std::size_t pruned = 0;
    std::vector<FailedRun> failed;
    std::vector<RunNumber> resolved;
  };

  // Nothing depends on a step: where one throws, its runs stay for an hour, and the journal reports a broken store.

  static void prune(Checkpoints& store, Timestamp before, RunNumber above, Step& step) try {
    crash_point(CrashPoint::kBeforePruned);
    step.pruned = store.prune(before, kAtOnce);
    crash_point(CrashPoint::kAfterPruned);
    if (step.pruned < kAtOnce) step.failed = store.failed(before, above, kAtOnce);
  } catch (const std::exception&) {
  }

  static void find_resolved(Outbox& outbox, Step& step) try {
    std::vector<std::string> ids;
    for (const FailedRun& run : step.failed) ids.push_back(run.id);
    const std::vector<std::string> found = outbox.resolved(ids);
    const std::set<std::string> resolved(found.begin(), found.end());
    for (const FailedRun& run : step.failed)
      if (resolved.contains(run.id)) step.resolved.push_back(run.run);
  } catch (const std::exception&) {
  }

  static void forget(Checkpoints& store, Step& step) try {
    step.pruned = store.forget(step.resolved);
  } catch (const std::exception&) {
  }

  void ask_about(const std::shared_ptr<Step>& step) {
    step->pruned = 0;
    if (step->failed.empty()) return go_on(*step);
    lanes_.submit(
        lane_.finish, [&outbox = outbox_, step] { find_resolved(outbox, *step); },
        [this, step] {
          if (step->resolved.empty()) return go_on(*step);
          lanes_.submit(
              lane_.checkpoints, [&store = store_, step] { forget(store, *step); },
              [this, step] {
                tell(step->pruned);
                go_on(*step);
              });
        });
  }

  void go_on(const Step& step) {
    busy_ = false;
    const bool is_last = step.failed.size() < kAtOnce;
    asked_up_to_ = is_last ? 0 : step.failed.back().run;
    if (is_last) prune_at_ = clock_.now() + kEvery;
  }

  void tell(std::size_t pruned) {
    if (pruned == 0) return;
    const std::string count = std::to_string(pruned);
    observer_.on(notice_of(NoticeKind::kRunsPruned, {}, "", count));
  }

  Checkpoints& store_;
  Outbox& outbox_;
  Lanes& lanes_;
  Lane lane_;
  const Clock& clock_;
  Duration retention_;
  Observer& observer_;
  bool busy_ = false;
  RunNumber asked_up_to_ = 0;  ///< Failed runs up to this one were asked about in this round.
  Timestamp prune_at_{};
  Timestamp newest_event_{};
};

}  // namespace pawl::engine
