// Kills the process at a named place for a test; nothing at all in a release build.
#pragma once

#include <span>

#include "engine/faults/crash_points.h"

#ifdef PAWL_CRASH_POINTS
#include <algorithm>
#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#endif

namespace pawl::engine {

#ifdef PAWL_CRASH_POINTS

/// What PAWL_CRASH_AT asks for: `name`, or `name:N` for the Nth time that the place is reached.
class CrashOrder {
 public:
  explicit CrashOrder(const char* text) {
    if (!text) return;
    const std::string_view order(text);
    name_ = order.substr(0, order.find(':'));
    if (name_.size() < order.size()) times_left_ = whole_number(order.substr(name_.size() + 1));
  }

  /// A test that kills nobody must not look as if it had.
  bool makes_sense(std::span<const CrashPlace> others) const {
    const auto is_it = [this](const CrashPlace& place) { return place.name == name_; };
    return name_.empty() ||
           (times_left_ > 0 && (std::ranges::any_of(kCrashPlaces, is_it) || std::ranges::any_of(others, is_it)));
  }
  bool met(std::string_view name) { return name_ == name && --times_left_ == 0; }

 private:
  static int whole_number(std::string_view text) {
    int number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size() ? number : 0;
  }

  std::string_view name_;
  std::atomic<int> times_left_{1};
};

/// Kills the process with SIGKILL if PAWL_CRASH_AT names this place and it was reached often enough. Any thread.
inline void crash_point(const CrashPlace& place) {
  static CrashOrder order(std::getenv("PAWL_CRASH_AT"));
  if (order.met(place.name)) std::raise(SIGKILL);
}

/// Ends the process with exit 2 where PAWL_CRASH_AT names no place of the engine, nor one of these; says which there
/// are, and what has happened at each.
inline void require_crash_place(std::span<const CrashPlace> others) {
  const char* const order = std::getenv("PAWL_CRASH_AT");
  if (CrashOrder(order).makes_sense(others)) return;
  std::fprintf(stderr, "PAWL_CRASH_AT=%s is no NAME or NAME:N, for the Nth time; the names are\n", order);
  const auto print = [](const CrashPlace& place) {
    std::fprintf(stderr, "  %s: %s\n", std::string(place.name).c_str(), std::string(place.there).c_str());
  };
  std::ranges::for_each(kCrashPlaces, print);
  std::ranges::for_each(others, print);
  std::_Exit(2);
}

#else

inline void crash_point(const CrashPlace&) {}
inline void require_crash_place(std::span<const CrashPlace>) {}

#endif

/// The same at a place of the engine's.
inline void crash_point(CrashPoint point) { crash_point(kCrashPlaces[static_cast<std::size_t>(point)]); }

}  // namespace pawl::engine
