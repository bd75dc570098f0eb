// How gently held runs come back after an outage: a trickle that doubles each second.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "engine/authoring/clock.h"

namespace pawl::engine {

/// Between fifty and a hundred in the first second, as many again and as many more in the next; after a quarter of a
/// minute there is no limit.
class Ramp {
 public:
  static constexpr double kFirstSecond = 100;
  static constexpr Duration kOver = std::chrono::seconds{16};

  /// `share` in [0.5, 1): of a fleet, no two workers come back alike.
  void begin(Timestamp now, double share) {
    begun_at_ = now;
    share_ = share;
    given_ = 0;
  }
  bool over(Timestamp now) const { return now >= begun_at_ + kOver || now < begun_at_; }
  /// How many more may come back by now, at most `wanted`; counts them.
  std::size_t take(Timestamp now, std::size_t wanted) {
    if (over(now)) return wanted;
    const double seconds = std::chrono::duration<double>(now - begun_at_).count();
    const auto due = static_cast<std::uint64_t>(kFirstSecond * share_ * (std::exp2(seconds) - 1)) + 1;
    const std::uint64_t more = due > given_ ? due - given_ : 0;
    const std::size_t taken = more < wanted ? static_cast<std::size_t>(more) : wanted;
    given_ += taken;
    return taken;
  }

 private:
  Timestamp begun_at_ = Timestamp::min() + kOver;
  double share_ = 1;
  std::uint64_t given_ = 0;
};

}  // namespace pawl::engine
