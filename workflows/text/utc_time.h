// Moments as the payload writes them and as people read them, always in UTC.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/authoring/clock.h"

namespace pawl::text {

/// RFC 3339 with any offset, or nothing where the text is not that, or lies outside the years 1 to 9999 in UTC. A
/// blank instead of the T is accepted, a leap second is the second after; digits beyond microseconds are dropped.
std::optional<engine::Timestamp> parse_rfc3339(std::string_view text);

/// Of a year from 0 to 9999, which is what `parse_rfc3339` gives. For example `2026-11-24T03:00:00Z`, with microseconds
/// only if there are any: `2026-11-24T03:00:00.123456Z`.
std::string to_rfc3339(engine::Timestamp at);

/// For example `24 November 2026, 03:00`.
std::string day_and_time(engine::Timestamp at);
/// For example `24 November 2026, 03:00 UTC`.
std::string readable(engine::Timestamp at);

}  // namespace pawl::text
