// Takes days, hours and minutes out of a duration.
#include "workflows/text/readable_duration.h"

#include "engine/text/counted.h"

namespace pawl::text {

namespace {

using engine::counted;

std::string joined_units(long long larger, const char* larger_unit, long long smaller, const char* smaller_unit) {
  return counted(larger, larger_unit) + (smaller == 0 ? "" : ", " + counted(smaller, smaller_unit));
}

}  // namespace

std::string readable_duration(engine::Duration duration) {
  const long long minutes = std::chrono::duration_cast<std::chrono::minutes>(duration).count();
  const long long hours = minutes / 60;
  if (minutes == 0) return "less than a minute";
  if (hours == 0) return counted(minutes, "minute");
  if (hours < 24) return joined_units(hours, "hour", minutes % 60, "minute");
  return joined_units(hours / 24, "day", hours % 24, "hour");
}

}  // namespace pawl::text
