// How many runs may come into memory, and how many places each way in may fill: pure.
#pragma once

#include <algorithm>
#include <cstddef>

namespace pawl::engine {

inline constexpr std::size_t kWakeAtOnce = 500;  ///< Runs loaded from the store by one call.

/// What takes places now.
struct Occupancy {
  std::size_t runs = 0;      ///< In memory or being loaded.
  std::size_t weight = 0;    ///< What the items of those in memory count beside them.
  std::size_t woken = 0;     ///< Of the runs, those that had been parked or are being loaded.
  std::size_t payloads = 0;  ///< Bytes.
  std::size_t parked = 0;
  std::size_t coming = 0;  ///< Events that a claim may still bring.
  bool closed = false;     ///< A run on its last delivery is to be alone.
};

/// The limits of a runner, and the room that they leave.
struct Window {
  std::size_t moving_max = 0;
  std::size_t claim_max = 0;
  std::size_t payloads_max = 0;
  std::size_t parked_max = 0;

  /// Runs of many items leave an eighth of the window to others, however many items they have.
  std::size_t room(const Occupancy& now) const {
    if (now.closed) return 0;
    return std::max(left_of(moving_max, now.runs + now.weight), left_of(moving_max / 8, now.runs));
  }
  std::size_t room_to_claim(const Occupancy& now) const {
    const bool full = now.payloads >= payloads_max || now.parked >= parked_max;
    return full ? 0 : std::min(room(now), claim_max);
  }
  /// Fresh events always find room: what has waited takes at most three quarters of the window, and no place that a
  /// claim may fill.
  std::size_t room_to_wake(const Occupancy& now) const {
    const std::size_t most = std::max<std::size_t>(moving_max - moving_max / 4, 1);
    return std::min({left_of(room(now), now.coming), left_of(most, now.woken), kWakeAtOnce});
  }
  std::size_t payloads_left(const Occupancy& now) const { return left_of(payloads_max, now.payloads); }

 private:
  static std::size_t left_of(std::size_t all, std::size_t taken) { return all - std::min(all, taken); }
};

}  // namespace pawl::engine
