// The runs of a worker whose events may have crashed one, and the one that waits until it is alone.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <utility>

#include "engine/ports/checkpoints.h"
#include "engine/ports/moving_runs.h"

namespace pawl::engine {

/// Of a run that is to move.
enum class Admission {
  kEnters,
  kIsHeld,  ///< By hold(), since it is on its last delivery and not alone yet.
  kWaits,   ///< Until some of those that move have left.
};

/// Says who may move beside whom, as `quarantine_of` has it. Engine's thread only. It counts the suspects that move,
/// and holds at most one run that is on its last delivery: nothing else begins until that one has moved.
class Quarantine {
 public:
  explicit Quarantine(int deliveries_max) : deliveries_max_(deliveries_max) {}

  /// What a claim and a waking run find, where so many runs move in all.
  MovingRuns beside(std::size_t moving) const {
    return {moving, moving_.size(), moving_.empty() ? kNoQuarantine : *moving_.begin()};
  }
  /// Somebody is to be alone: nothing may come, however much room there is.
  bool closed() const { return held_ || (!moving_.empty() && *moving_.begin() == kAlone); }

  /// Of a run whose event has just been delivered. It was claimed for a worker in which it would be alone, but
  /// meanwhile another run may have woken.
  Admission of_delivered(const StoredRun& run, std::size_t moving) const {
    const bool place = !held_ || holds(run.run);
    return own(run) == kAlone && moving > 0 && place ? Admission::kIsHeld : Admission::kEnters;
  }
  /// Of a run that was parked. On its last delivery it is held in any case: a claim under way may bring others.
  Admission of_woken(const StoredRun& run, std::size_t moving) const {
    if (own(run) == kAlone) return held_ ? Admission::kWaits : Admission::kIsHeld;
    return beside(moving).admits(own(run)) ? Admission::kEnters : Admission::kWaits;
  }
  /// Why it may not be executed any more, however it came; empty if it may.
  std::string set_aside(const StoredRun& run) const {
    const int deliveries = run.event.deliveries;
    if (deliveries <= deliveries_max_) return {};
    return "set aside: delivered " + std::to_string(deliveries) + " times without finishing (limit " +
           std::to_string(deliveries_max_) + "); it may crash the worker";
  }

  /// The run moves from now on; returns what `left` is to be given.
  int entered(const StoredRun& run) {
    if (holds(run.run)) held_.reset();  // it has come another way
    if (own(run) != kNoQuarantine) moving_.insert(own(run));
    return own(run);
  }
  /// It moves no more. True if it was a suspect, so that others may come now.
  bool left(int quarantine) { return !moving_.extract(quarantine).empty(); }

  void hold(StoredRun run) { held_ = std::move(run); }
  bool holds(RunNumber run) const { return held_ && held_->run == run; }
  const std::optional<StoredRun>& held() const { return held_; }
  /// Of the one that is held: its cancellation is on record.
  void cancel(const Cancellation& cancellation) { held_->cancelled = cancellation; }
  /// Of the one that is held: its retries are due as soon as it moves.
  void retry_now() { held_->retry_now = true; }
  /// The one that was held, which is to move now.
  StoredRun release() { return *std::exchange(held_, std::nullopt); }

 private:
  int own(const StoredRun& run) const { return quarantine_of(run.event.deliveries - 1, deliveries_max_); }

  int deliveries_max_;
  std::multiset<int> moving_;  ///< The quarantine_of of each suspect.
  std::optional<StoredRun> held_;
};

}  // namespace pawl::engine
