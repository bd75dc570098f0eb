// How often something was how large, in fixed buckets: counting one costs some twenty instructions and no memory.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "engine/authoring/clock.h"

namespace pawl::engine {

/// Buckets end at `kBounds`, ascending and inclusive; the last one has no end.
template <const auto& kBounds>
struct Histogram {
  static constexpr auto& bounds = kBounds;

  void add(std::int64_t value, std::uint64_t times = 1) {
    const auto bucket = std::lower_bound(kBounds.begin(), kBounds.end(), value) - kBounds.begin();
    counts[static_cast<std::size_t>(bucket)] += times;
    sum += value * static_cast<std::int64_t>(times);
  }
  /// What a clock that was set back makes negative counts as nothing.
  void add(Duration duration, std::uint64_t times = 1) { add(std::max<std::int64_t>(duration.count(), 0), times); }
  Histogram& operator+=(const Histogram& other) {
    for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += other.counts[i];
    sum += other.sum;
    return *this;
  }
  std::uint64_t total() const {
    std::uint64_t total = 0;
    for (const std::uint64_t count : counts) total += count;
    return total;
  }

  std::array<std::uint64_t, kBounds.size() + 1> counts{};  ///< Of each bucket alone.
  std::int64_t sum = 0;
};

/// Microseconds: from half a millisecond to six hours.
inline constexpr std::array<std::int64_t, 19> kDurationBounds{
    500,        1'000,       2'500,         5'000,         10'000,        25'000,    50'000,
    100'000,    250'000,     500'000,       1'000'000,     2'500'000,     5'000'000, 10'000'000,
    30'000'000, 120'000'000, 1'800'000'000, 7'200'000'000, 21'600'000'000};
inline constexpr std::array<std::int64_t, 12> kSizeBounds{1, 2, 5, 10, 20, 50, 100, 200, 500, 1'000, 2'000, 5'000};

using DurationHistogram = Histogram<kDurationBounds>;
using SizeHistogram = Histogram<kSizeBounds>;

}  // namespace pawl::engine
