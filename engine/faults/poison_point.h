// An event that crashes or hangs the process whenever a step touches it, for tests; nothing at all in a release build.
#pragma once

#include <string_view>

#ifdef PAWL_CRASH_POINTS
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#endif

namespace pawl::engine {

#ifdef PAWL_CRASH_POINTS

/// Whether the environment variable is `AGGREGATE_ID@STEP` of what is about to be executed.
inline bool poisoned(const char* variable, std::string_view aggregate_id, std::string_view step) {
  const char* const text = std::getenv(variable);
  if (!text) return false;
  const std::string_view order(text);
  const std::size_t at = order.find('@');
  return order.substr(0, at) == aggregate_id && order.substr(at + 1) == step;
}

/// Kills the process if PAWL_CRASH_ON names the event and the step, stays for ever if PAWL_HANG_ON does. Any thread.
inline void poison_point(std::string_view aggregate_id, std::string_view step) {
  if (poisoned("PAWL_CRASH_ON", aggregate_id, step)) std::raise(SIGKILL);
  while (poisoned("PAWL_HANG_ON", aggregate_id, step)) pause();
}

#else

inline void poison_point(std::string_view, std::string_view) {}

#endif

}  // namespace pawl::engine
