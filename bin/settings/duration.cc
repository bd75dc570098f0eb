// Parses durations and rates.
#include "bin/settings/duration.h"

#include <array>
#include <charconv>
#include <optional>
#include <string>

#include "bin/operations/runs/command_error.h"
#include "workflows/text/utc_time.h"

namespace pawl::bin {

using engine::Duration;

namespace {

struct Unit {
  std::string_view name;
  Duration length;
};

constexpr std::array kUnits{
    Unit{"ms", std::chrono::milliseconds{1}}, Unit{"s", std::chrono::seconds{1}}, Unit{"m", std::chrono::minutes{1}},
    Unit{"min", std::chrono::minutes{1}},     Unit{"h", std::chrono::hours{1}},   Unit{"d", std::chrono::hours{24}},
};
constexpr Duration kDay = std::chrono::hours{24};
constexpr double kSlowestRate = 1e-6, kFastestRate = 1e6;  // as pawl.batches has them
constexpr Duration kLongest = std::chrono::hours{24 * 365 * 100};

std::optional<Duration> unit_length(std::string_view name) {
  for (const Unit& unit : kUnits)
    if (unit.name == name) return unit.length;
  return std::nullopt;
}

}  // namespace

Duration parse_duration(std::string_view text) {
  const auto malformed = [&] {
    return UsageError("'" + std::string(text) +
                      "' is not a duration: write a whole number and ms, s, m, h or d, like 30s");
  };
  std::int64_t count = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{} || count < 0) throw malformed();
  const auto length = unit_length(text.substr(static_cast<std::size_t>(rest - text.data())));
  if (!length) throw malformed();
  if (count > kLongest / *length) throw UsageError("'" + std::string(text) + "' is longer than a hundred years");
  return count * *length;
}

PastTime parse_past(const std::string& option, const std::string& text) {
  if (const auto at = text::parse_rfc3339(text)) {
    if (*at > engine::SystemClock().now()) throw UsageError(option + " " + text + " lies in the future");
    return *at;
  }
  try {
    return parse_duration(text);
  } catch (const UsageError&) {
    throw UsageError(option + " takes " + kPastTimes + ", not '" + text + "'");
  }
}

engine::Timestamp moment_of(const PastTime& time, engine::Timestamp now) {
  if (const auto* at = std::get_if<engine::Timestamp>(&time)) return *at;
  return now - std::get<Duration>(time);
}

long parse_ago(const std::string& option, const std::string& text) {
  const engine::Timestamp now = engine::SystemClock().now();
  const long seconds = whole_seconds(now - moment_of(parse_past(option, text), now));
  if (seconds <= 0) throw UsageError(option + " takes more than no time, not '" + text + "'");
  return seconds;
}

std::string duration_text(Duration duration) {
  if (duration == Duration::zero()) return "0s";
  if (duration % kDay == Duration::zero() && duration != kDay) return std::to_string(duration / kDay) + "d";
  for (const char* name : {"h", "m", "s"})
    if (const Duration unit = *unit_length(name); duration % unit == Duration::zero())
      return std::to_string(duration / unit) + name;
  return std::to_string(duration / std::chrono::milliseconds{1}) + "ms";
}

double parse_rate(std::string_view text) {
  const auto slash = text.find('/');
  double count = 0;
  const std::string_view number = text.substr(0, slash);
  const auto [rest, error] = std::from_chars(number.data(), number.data() + number.size(), count);
  const auto length = slash == std::string_view::npos ? std::nullopt : unit_length(text.substr(slash + 1));
  if (error != std::errc{} || rest != number.data() + number.size() || !(count > 0) || count > 1e6 || !length)
    throw UsageError("'" + std::string(text) + "' is not a rate: write a number and /s, /m or /h, like 20/s");
  const double per_second = count / std::chrono::duration<double>(*length).count();
  if (per_second > kFastestRate)
    throw UsageError("'" + std::string(text) +
                     "' is too fast a rate: the fastest is 1000000/s; without one it goes as fast as it can");
  if (per_second < kSlowestRate)
    throw UsageError("'" + std::string(text) + "' is too slow a rate: the slowest is 0.0036/h, once in twelve days");
  return per_second;
}

long whole_seconds(Duration duration) {
  return static_cast<long>(std::chrono::ceil<std::chrono::seconds>(duration).count());
}

}  // namespace pawl::bin
