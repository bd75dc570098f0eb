// A time zone of the IANA database, and moments as people in it read them.
#pragma once

#include <optional>
#include <string>

#include "engine/authoring/clock.h"

namespace date {
class time_zone;
}

namespace pawl::text {

/// UTC unless found by name. Copies are cheap; the database is read once and lives as long as the process.
class TimeZone {
 public:
  /// Nothing where the system's database (Debian package tzdata) has no such zone. Names are as it spells them, like
  /// `Australia/Sydney`.
  static std::optional<TimeZone> find(const std::string& name);

  /// For example `24 November 2026, 14:00 AEDT (UTC+11:00)`, and `24 November 2026, 03:00 UTC` in UTC.
  std::string readable(engine::Timestamp at) const;

 private:
  const date::time_zone* zone_ = nullptr;
};

}  // namespace pawl::text
