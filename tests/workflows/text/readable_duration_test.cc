// Durations as people say them.
#include "workflows/text/readable_duration.h"

#include <catch2/catch.hpp>

using pawl::text::readable_duration;
using namespace std::chrono_literals;

TEST_CASE("a duration is said in its two largest units, each in the singular where it is one") {
  CHECK(readable_duration(0s) == "less than a minute");
  CHECK(readable_duration(59s) == "less than a minute");
  CHECK(readable_duration(1min) == "1 minute");
  CHECK(readable_duration(59min + 59s) == "59 minutes");
  CHECK(readable_duration(1h) == "1 hour");
  CHECK(readable_duration(1h + 1min) == "1 hour, 1 minute");
  CHECK(readable_duration(23h + 59min) == "23 hours, 59 minutes");
  CHECK(readable_duration(24h + 59min) == "1 day");
  CHECK(readable_duration(74h + 59min) == "3 days, 2 hours");
  CHECK(readable_duration(24h * 800) == "800 days");
}
