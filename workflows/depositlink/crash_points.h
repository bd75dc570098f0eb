// The places where a test kills the process, between the effects of this folder's steps and their checkpoints.
#pragma once

#include <array>

#include "engine/faults/crash_point.h"

namespace pawl::depositlink {

inline constexpr engine::CrashPlace kAfterResolve{"after-resolve", "recipients are read; no checkpoint says so"};
inline constexpr engine::CrashPlace kBeforeInApp{"before-in-app", "no notification is written"};
inline constexpr engine::CrashPlace kAfterInApp{"after-in-app", "notifications are committed; no checkpoint says so"};
inline constexpr std::array kCrashPlaces{kAfterResolve, kBeforeInApp, kAfterInApp};

}  // namespace pawl::depositlink
