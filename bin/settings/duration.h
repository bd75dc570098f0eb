// Durations and rates as a person writes them: `500ms`, `30s`, `5m`, `2h`, `30d`; `20/s`, `600/m`.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/authoring/clock.h"

namespace pawl::bin {

/// Throws UsageError for anything else than a whole number from 0 with a unit.
engine::Duration parse_duration(std::string_view text);

/// As parse_duration, in whole seconds, rounded up. Throws UsageError, which names the option, for none.
long parse_age(std::string_view option, std::string_view text);

/// A moment as RFC 3339 writes it; nullopt for any other text. Throws UsageError, which names the option, for one that
/// lies in the future.
std::optional<engine::Timestamp> parse_moment(const std::string& option, const std::string& text);

/// How many whole seconds ago: an age, as parse_age(), or a moment. Throws UsageError, which names the option.
long parse_ago(const std::string& option, const std::string& text);

/// Such a text, in the largest unit that leaves no rest; days from two on, as people say them.
std::string duration_text(engine::Duration duration);

/// Items a second. Throws UsageError unless it is a positive number with `/s`, `/m` or `/h`, and from
/// 0.0036/h to 1000000/s.
double parse_rate(std::string_view text);

/// Whole seconds, rounded up: what an SQL interval is given.
long whole_seconds(engine::Duration duration);

}  // namespace pawl::bin
