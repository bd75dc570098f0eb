// What moves in a worker, and which events may join it after some were in flight when it died: pure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>

namespace pawl::engine {

/// What quarantine_of says of an event that is no suspect, and of one on its last delivery.
constexpr int kNoQuarantine = std::numeric_limits<int>::max();
constexpr int kAlone = 1;

/// A redelivered event may have crashed a worker, so it is quarantined the more strictly the fewer deliveries it has
/// left: among how many such events one delivered `deliveries` times before may move. With four left it is hardly
/// suspect, and what was in flight beside a crash comes back at once. The last delivery is alone in the worker, so that
/// whatever dies then died of this event. With none left it is set aside unseen, which needs no care.
constexpr int quarantine_of(int deliveries, int deliveries_max) {
  switch (deliveries <= 0 ? 0 : deliveries_max - deliveries) {
    case 3:
      return 64;
    case 2:
      return 8;
    case 1:
      return kAlone;
    default:
      return kNoQuarantine;
  }
}

/// Counts of them.
struct MovingRuns {
  std::size_t count = 0;
  std::size_t suspects = 0;      ///< Of those moving, the ones that are quarantined.
  int smallest = kNoQuarantine;  ///< The smallest quarantine_of of those moving.

  /// May one whose quarantine_of is `quarantine` move beside them?
  constexpr bool admits(int quarantine) const {
    if (smallest == kAlone) return false;
    if (quarantine == kAlone) return count == 0;
    return quarantine == kNoQuarantine || suspects < static_cast<std::size_t>(std::min(quarantine, smallest));
  }
  constexpr void add(int quarantine) {
    ++count;
    suspects += quarantine != kNoQuarantine;
    smallest = std::min(smallest, quarantine);
  }
};

}  // namespace pawl::engine
