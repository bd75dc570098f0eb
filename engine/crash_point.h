// Named places at which a test kills the real process; nothing at all in a release build.
#pragma once

#ifdef PAWL_CRASH_POINTS
#include <csignal>
#include <cstdlib>
#include <cstring>
#endif

namespace pawl::engine {

/// Kills the process with SIGKILL if the environment variable PAWL_CRASH_AT names this point. Compiled in by the CMake
/// option PAWL_CRASH_POINTS only.
inline void crash_point([[maybe_unused]] const char* name) {
#ifdef PAWL_CRASH_POINTS
  static const char* const at = std::getenv("PAWL_CRASH_AT");
  if (at && std::strcmp(at, name) == 0) std::raise(SIGKILL);
#endif
}

}  // namespace pawl::engine
