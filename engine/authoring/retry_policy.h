// When a failed attempt is tried again, and when no more.
#pragma once

#include "engine/authoring/clock.h"

namespace pawl::engine {

/// Exponential backoff with a bound on attempts, on age, or on both.
struct RetryPolicy {
  Duration first = std::chrono::seconds{1};
  Duration longest = std::chrono::minutes{1};
  int max_attempts = 20;      ///< 0 means no limit.
  Duration give_up_after{0};  ///< Since the first attempt began; 0 means no limit.
  bool full_jitter = false;   ///< True: uniform in [0, backoff]; false: uniform in [backoff / 2, backoff].
};

}  // namespace pawl::engine
