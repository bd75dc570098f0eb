// Asks Howard Hinnant's library, since the one of g++ 12 knows no time zones.
#include "workflows/text/time_zone.h"

#include <date/tz.h>

#include <cstdlib>
#include <stdexcept>

#include "workflows/text/utc_time.h"

namespace pawl::text {

namespace {

std::string two_digits(long number) { return (number < 10 ? "0" : "") + std::to_string(number); }

// As in `UTC+11:00`. Before there were zones, local times had seconds; they are dropped.
std::string offset_text(std::chrono::seconds offset) {
  const long minutes = std::abs(offset.count()) / 60;
  return std::string("UTC") + (offset.count() < 0 ? '-' : '+') + two_digits(minutes / 60) + ":" +
         two_digits(minutes % 60);
}

// Zones whose people use no letters are abbreviated by their offset, which is shown anyway.
bool is_a_name(const std::string& abbreviation) { return abbreviation.find_first_of("+-") == std::string::npos; }

}  // namespace

std::optional<TimeZone> TimeZone::find(const std::string& name) {
  TimeZone found;
  try {
    found.zone_ = date::locate_zone(name);
  } catch (const std::runtime_error&) {  // no such zone, or no database
    return std::nullopt;
  }
  return found;
}

std::string TimeZone::readable(engine::Timestamp at) const {
  if (!zone_) return text::readable(at);
  const auto here = zone_->get_info(std::chrono::floor<std::chrono::seconds>(at));
  if (here.abbrev == "UTC") return text::readable(at);
  std::string text = day_and_time(at + here.offset);
  if (is_a_name(here.abbrev)) text += " " + here.abbrev;
  return text + " (" + offset_text(here.offset) + ")";
}

}  // namespace pawl::text
