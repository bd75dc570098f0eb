// Forgets runs that ended long ago.
#pragma once

#include <algorithm>
#include <cstddef>
#include <exception>
#include <memory>
#include <string>

#include "engine/faults/crash_point.h"
#include "engine/ports/checkpoints.h"
#include "engine/ports/lanes.h"
#include "engine/ports/observer.h"

namespace pawl::engine {

/// Engine's thread only. Each hour it prunes the store on the checkpoint lane, in steps of which one that deletes as
/// many as it may is followed by another at once.
///
/// Two clocks have to agree that a run is old: this host's, and that of Postgres as the newest event shows it. One that
/// is years ahead would have every run forgotten at once.
class StorePruning {
 public:
  static constexpr Duration kEvery = std::chrono::hours{1};
  static constexpr std::size_t kAtOnce = 1000;

  /// `retention` 0 keeps every run.
  StorePruning(Checkpoints& store, Lanes& lanes, LaneId lane, const Clock& clock, Duration retention,
               Observer& observer)
      : store_(store), lanes_(lanes), lane_(lane), clock_(clock), retention_(retention), observer_(observer) {}

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
        lane_, [&store = store_, before, pruned] { *pruned = prune(store, before); },
        [this, pruned] {
          busy_ = false;
          if (*pruned > 0) tell(*pruned);
          if (*pruned < kAtOnce) prune_at_ = clock_.now() + kEvery;
        });
  }

 private:
  static std::size_t prune(Checkpoints& store, Timestamp before) try {
    crash_point(CrashPoint::kBeforePruned);
    const std::size_t pruned = store.prune(before, kAtOnce);
    crash_point(CrashPoint::kAfterPruned);
    return pruned;
  } catch (const std::exception&) {  // nothing depends on it; the journal reports a broken store
    return 0;
  }

  void tell(std::size_t pruned) {
    const std::string count = std::to_string(pruned);
    observer_.on(notice_of(NoticeKind::kRunsPruned, {}, "", count));
  }

  Checkpoints& store_;
  Lanes& lanes_;
  LaneId lane_;
  const Clock& clock_;
  Duration retention_;
  Observer& observer_;
  bool busy_ = false;
  Timestamp prune_at_{};
  Timestamp newest_event_{};
};

}  // namespace pawl::engine
