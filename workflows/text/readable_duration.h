// How long something took, as people say it.
#pragma once

#include <string>

#include "engine/authoring/clock.h"

namespace pawl::text {

/// The two largest units, the rest left out: `3 days, 2 hours`, `1 hour, 5 minutes`, `40 minutes`, `less than a
/// minute`. Of no negative duration.
std::string readable_duration(engine::Duration duration);

}  // namespace pawl::text
