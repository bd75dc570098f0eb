// The backoff at start.
#include "bin/worker/retry_start.h"

#include <algorithm>

#include "engine/authoring/errors.h"

namespace pawl::bin {

using engine::Duration;

namespace {

constexpr Duration kFirstWait = std::chrono::milliseconds{250};
constexpr Duration kLongestWait = std::chrono::seconds{5};

}  // namespace

bool retry_start(const engine::Clock& clock, const Patience& patience, const std::function<void()>& attempt) {
  const engine::Timestamp started = clock.now();
  for (Duration wait = kFirstWait;; wait = std::min(wait * 2, kLongestWait)) {
    try {
      attempt();
      return true;
    } catch (const engine::UnavailableError& error) {
      Duration next = wait;
      if (patience.give_up_after) {
        const Duration left = *patience.give_up_after - (clock.now() - started);
        if (left <= Duration{0}) throw;
        next = std::min(next, left);
      }
      patience.failed(error.what(), next);
      if (patience.wait(next)) return false;
    }
  }
}

}  // namespace pawl::bin
