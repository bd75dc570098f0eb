// Counts what the engine looks at, for tests of what it costs; nothing at all in a release build.
#pragma once

#include <cstdint>

namespace pawl::engine {

#ifdef PAWL_CRASH_POINTS

/// Looks at the phase of an execution and comparisons of steps by their names, on this thread since it began.
inline std::uint64_t& looks_counted() {
  thread_local std::uint64_t looks = 0;
  return looks;
}
inline void count_look() { ++looks_counted(); }

#else

inline void count_look() {}

#endif

}  // namespace pawl::engine
