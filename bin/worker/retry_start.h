// Patience with a Postgres or a disk that cannot be used yet when a verb starts.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "engine/authoring/clock.h"

namespace pawl::bin {

struct Patience {
  std::optional<engine::Duration> give_up_after;  ///< Empty: never.
  /// Waits; true means stop trying because the process was asked to stop.
  std::function<bool(engine::Duration)> wait;
  /// Called of each failure and how long it will wait now.
  std::function<void(const std::string& error, engine::Duration wait)> failed;
};

/// Calls `attempt` until it throws no UnavailableError, with waits of 250 ms doubling to 5 s. Returns false when a wait
/// was ended by a stop. Throws the last UnavailableError once the time is up, and every other exception at once.
bool retry_start(const engine::Clock& clock, const Patience& patience, const std::function<void()>& attempt);

}  // namespace pawl::bin
