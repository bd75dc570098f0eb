// The one source of chance of a simulation: everything that is random follows from its seed.
#pragma once

#include <cmath>
#include <cstdint>
#include <random>

#include "engine/authoring/clock.h"

namespace pawl::simulation {

using engine::Duration;
using engine::Timestamp;

class Random {
 public:
  explicit Random(std::uint64_t seed) : source_(seed) {}

  double fraction() { return std::uniform_real_distribution<double>(0, 1)(source_); }
  bool chance(double probability) { return probability > 0 && fraction() < probability; }
  /// Both ends included.
  int between(int low, int high) { return std::uniform_int_distribution<int>(low, high)(source_); }
  std::uint64_t number() { return source_(); }
  /// Short ones as often as long ones, by orders of magnitude.
  Duration duration(Duration low, Duration high) {
    const double ratio = static_cast<double>(high.count()) / static_cast<double>(low.count());
    return Duration(static_cast<Duration::rep>(static_cast<double>(low.count()) * std::pow(ratio, fraction())));
  }

 private:
  std::mt19937_64 source_;
};

}  // namespace pawl::simulation
