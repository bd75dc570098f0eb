// Times as the payload's readers and people see them.
#include "workflows/text/utc_time.h"

#include <catch2/catch.hpp>

using namespace pawl::text;

TEST_CASE("times have their zeros, and fractions only where there are any") {
  CHECK(to_rfc3339(*parse_rfc3339("0001-02-03T04:05:06Z")) == "0001-02-03T04:05:06Z");
  CHECK(to_rfc3339(*parse_rfc3339("9999-12-31T23:59:59.000007Z")) == "9999-12-31T23:59:59.000007Z");
  CHECK(to_rfc3339(*parse_rfc3339("1969-12-31T23:59:59.9Z")) == "1969-12-31T23:59:59.900000Z");
}

TEST_CASE("people read a day and a year without zeros, and hours and minutes with them") {
  CHECK(readable(*parse_rfc3339("2026-11-24T03:00:59Z")) == "24 November 2026, 03:00 UTC");
  CHECK(readable(*parse_rfc3339("0999-01-02T13:04:00Z")) == "2 January 999, 13:04 UTC");
}
