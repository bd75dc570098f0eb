// The place where a test kills the process, beside those of the steps that workflows share.
#pragma once

#include <array>

#include "engine/faults/crash_point.h"

namespace pawl::confirm_sync_recovery {

inline constexpr engine::CrashPlace kAfterNotifiedFound{"after-notified-found",
                                                        "who was told is read; no checkpoint says so"};
inline constexpr std::array kCrashPlaces{kAfterNotifiedFound};

}  // namespace pawl::confirm_sync_recovery
