// Durations and rates as a person writes them: `500ms`, `30s`, `5m`, `2h`, `30d`; `20/s`, `600/m`.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "engine/authoring/clock.h"

namespace pawl::bin {

/// Throws UsageError for anything else than a whole number from 0 with a unit.
engine::Duration parse_duration(std::string_view text);

/// So long ago, or a moment.
using PastTime = std::variant<engine::Duration, engine::Timestamp>;
/// What parse_past() takes, for the help.
inline constexpr const char* kPastTimes = "how long ago, like 2h, or a time, like 2026-11-24T03:00:00Z";

/// A duration, or a moment as RFC 3339 writes it. Throws UsageError, which names the option, for anything else and for
/// a moment that lies in the future.
PastTime parse_past(const std::string& option, const std::string& text);

/// The moment that it was at `now`.
engine::Timestamp moment_of(const PastTime& time, engine::Timestamp now);

/// How many whole seconds ago, rounded up, what parse_past() takes is. Throws UsageError also for no time ago.
long parse_ago(const std::string& option, const std::string& text);

/// Such a text, in the largest unit that leaves no rest; days from two on, as people say them.
std::string duration_text(engine::Duration duration);

/// Items a second. Throws UsageError unless it is a positive number with `/s`, `/m` or `/h`, and from
/// 0.0036/h to 1000000/s.
double parse_rate(std::string_view text);

/// Whole seconds, rounded up: what an SQL interval is given.
long whole_seconds(engine::Duration duration);

}  // namespace pawl::bin
