// Kills the process at a named place for a test; nothing at all in a release build.
#pragma once

#include "engine/faults/crash_points.h"

#ifdef PAWL_CRASH_POINTS
#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>
#endif

namespace pawl::engine {

#ifdef PAWL_CRASH_POINTS

/// What PAWL_CRASH_AT asks for: `name`, or `name:N` for the Nth time that the point is reached.
class CrashOrder {
 public:
  explicit CrashOrder(const char* text) {
    if (!text) return;
    const std::string_view order(text);
    const std::string_view name = order.substr(0, order.find(':'));
    for (const CrashPlace& place : kCrashPlaces)
      if (place.name == name) point_ = place.point;
    if (name.size() < order.size()) times_left_ = whole_number(order.substr(name.size() + 1));
    if (point_ && times_left_ > 0) return;
    std::fprintf(stderr, "PAWL_CRASH_AT=%s is no NAME or NAME:N; engine/faults/crash_points.h has the names\n", text);
    std::_Exit(2);  // a test that kills nobody must not look as if it had
  }

  bool met(CrashPoint point) { return point_ == point && --times_left_ == 0; }

 private:
  static int whole_number(std::string_view text) {
    int number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size() ? number : 0;
  }

  std::optional<CrashPoint> point_;
  std::atomic<int> times_left_{1};
};

/// Kills the process with SIGKILL if PAWL_CRASH_AT names this point and it was reached often enough. Any thread.
inline void crash_point(CrashPoint point) {
  static CrashOrder order(std::getenv("PAWL_CRASH_AT"));
  if (order.met(point)) std::raise(SIGKILL);
}

#else

inline void crash_point(CrashPoint) {}

#endif

}  // namespace pawl::engine
