// Times as people in their own zone read them.
#include "workflows/text/time_zone.h"

#include <catch2/catch.hpp>

#include "workflows/text/utc_time.h"

using namespace pawl::text;

namespace {

std::string in(const std::string& zone, const std::string& moment) {
  const auto found = TimeZone::find(zone);
  return found ? found->readable(*parse_rfc3339(moment)) : "unknown";
}

}  // namespace

TEST_CASE("a moment is shown in its zone, with that day's abbreviation and offset") {
  CHECK(in("Australia/Sydney", "2026-11-24T03:00:00Z") == "24 November 2026, 14:00 AEDT (UTC+11:00)");
  CHECK(in("Australia/Sydney", "2026-06-24T15:30:00Z") == "25 June 2026, 01:30 AEST (UTC+10:00)");
  CHECK(in("America/New_York", "2026-01-01T03:00:00Z") == "31 December 2025, 22:00 EST (UTC-05:00)");
  CHECK(in("Asia/Kolkata", "2026-11-24T03:00:00Z") == "24 November 2026, 08:30 IST (UTC+05:30)");
}

TEST_CASE("an hour that comes twice is told apart by its offset") {
  CHECK(in("Europe/Berlin", "2026-10-25T00:30:00Z") == "25 October 2026, 02:30 CEST (UTC+02:00)");
  CHECK(in("Europe/Berlin", "2026-10-25T01:30:00Z") == "25 October 2026, 02:30 CET (UTC+01:00)");
}

TEST_CASE("a zone whose people use no abbreviation has its offset alone") {
  CHECK(in("America/Sao_Paulo", "2026-11-24T03:00:00Z") == "24 November 2026, 00:00 (UTC-03:00)");
  CHECK(in("Pacific/Chatham", "2026-11-24T03:00:00Z") == "24 November 2026, 16:45 (UTC+13:45)");
}

TEST_CASE("UTC is shown as before, under each of its names") {
  CHECK(TimeZone{}.readable(*parse_rfc3339("2026-11-24T03:00:00Z")) == "24 November 2026, 03:00 UTC");
  CHECK(in("Etc/UTC", "2026-11-24T03:00:00Z") == "24 November 2026, 03:00 UTC");
}

TEST_CASE("what the database does not name is no zone, whatever it looks like") {
  for (const char* name : {"", "Sydney", "AEDT", "+11:00", "../../etc/passwd", "/usr/share/zoneinfo/Europe/Paris",
                           "Europe/Paris\n", "Europe/Paris; x"})
    CHECK_FALSE(TimeZone::find(name));
}

TEST_CASE("the first and the last year there are have a time in every zone") {
  for (const char* zone : {"Australia/Sydney", "America/New_York", "Europe/Berlin"})
    for (const char* moment : {"0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"}) CHECK(in(zone, moment).size() > 20);
}
