// The runtime's one source of chance: seeded, so that a simulation can be repeated.
#pragma once

#include <cstdint>
#include <random>

#include "engine/authoring/clock.h"

namespace pawl::engine {

/// Engine's thread only.
class Jitter {
 public:
  /// 0 takes a random seed.
  explicit Jitter(std::uint64_t seed) : source_(seed ? seed : std::random_device{}()) {}

  /// Uniform in [0, 1).
  double next() { return std::uniform_real_distribution<double>(0, 1)(source_); }
  /// Uniform in [half, whole): what keeps the workers of a fleet out of step.
  Duration of(Duration whole) {
    return Duration(static_cast<Duration::rep>(static_cast<double>(whole.count()) * (0.5 + next() / 2)));
  }

 private:
  std::mt19937_64 source_;
};

}  // namespace pawl::engine
