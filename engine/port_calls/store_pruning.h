// Forgets runs that ended long ago.
#pragma once

#include <algorithm>
#include <cstddef>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "engine/faults/crash_point.h"
#include "engine/ports/checkpoints.h"
#include "engine/ports/lanes.h"
#include "engine/ports/observer.h"
#include "engine/ports/outbox.h"
#include "engine/runs/resolved_sweep.h"

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
  static constexpr std::size_t kAtOnce = ResolvedSweep::kAtOnce;

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
    const auto pruned = std::make_shared<std::size_t>(0);
    const Timestamp before = std::min(now, newest_event_) - retention_;
    lanes_.submit(
        lane_.checkpoints,
        [&store = store_, before, sweep = sweep_, pruned] { *pruned = prune(store, before, *sweep); },
        [this, pruned] {
          tell(*pruned);
          if (*pruned == kAtOnce)
            busy_ = false;
          else
            ask();
        });
  }

 private:
  // Nothing depends on a step: where one throws, its runs stay for an hour, and the journal reports a broken store.

  static std::size_t prune(Checkpoints& store, Timestamp before, ResolvedSweep& sweep) try {
    crash_point(CrashPoint::kBeforePruned);
    const std::size_t pruned = store.prune(before, kAtOnce);
    crash_point(CrashPoint::kAfterPruned);
    if (pruned < kAtOnce) sweep.find(store, before);
    return pruned;
  } catch (const std::exception&) {
    sweep = {};  // what it had found before is no reason to go on at once
    return 0;
  }

  static void find_resolved(Outbox& outbox, ResolvedSweep& sweep) try {
    sweep.ask([&](const std::vector<std::string>& ids) { return outbox.resolved(ids); });
  } catch (const std::exception&) {
  }

  static std::size_t forget(Checkpoints& store, const ResolvedSweep& sweep) try {
    return sweep.forget(store);
  } catch (const std::exception&) {
    return 0;
  }

  void ask() {
    if (!sweep_->found_any()) return go_on();
    lanes_.submit(
        lane_.finish, [&outbox = outbox_, sweep = sweep_] { find_resolved(outbox, *sweep); },
        [this] { sweep_->resolved_any() ? forget() : go_on(); });
  }

  void forget() {
    const auto forgotten = std::make_shared<std::size_t>(0);
    lanes_.submit(
        lane_.checkpoints, [&store = store_, sweep = sweep_, forgotten] { *forgotten = forget(store, *sweep); },
        [this, forgotten] {
          tell(*forgotten);
          go_on();
        });
  }

  void go_on() {
    busy_ = false;
    if (!sweep_->is_more()) prune_at_ = clock_.now() + kEvery;
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
  const std::shared_ptr<ResolvedSweep> sweep_ = std::make_shared<ResolvedSweep>();
  Timestamp prune_at_{};
  Timestamp newest_event_{};
};

}  // namespace pawl::engine
