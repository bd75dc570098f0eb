// Durations, rates and retry settings as people write them.
#include "bin/settings/duration.h"

#include <catch2/catch.hpp>

#include "bin/operations/runs/command_error.h"
#include "bin/settings/retry_setting.h"

using namespace pawl::bin;
using namespace std::chrono_literals;

TEST_CASE("a duration is a whole number with a unit") {
  CHECK(parse_duration("500ms") == 500ms);
  CHECK(parse_duration("30s") == 30s);
  CHECK(parse_duration("5m") == 5min);
  CHECK(parse_duration("5min") == 5min);
  CHECK(parse_duration("2h") == 2h);
  CHECK(parse_duration("30d") == 720h);
  CHECK(parse_duration("0s") == 0s);
}

TEST_CASE("a duration is written as people say it, and read as the same") {
  for (const char* text : {"0s", "500ms", "30s", "90s", "5m", "90m", "2h", "24h", "30d"}) {
    CHECK(duration_text(parse_duration(text)) == text);
    CHECK(parse_duration(duration_text(parse_duration(text))) == parse_duration(text));
  }
  CHECK(duration_text(parse_duration("60s")) == "1m");
  CHECK(duration_text(parse_duration("48h")) == "2d");
}

TEST_CASE("anything else is no duration") {
  for (const char* text : {"", "s", "30", "-1s", "1.5h", "30 s", "30sec", "99999999999999999999s", "99999999d"})
    CHECK_THROWS_AS(parse_duration(text), UsageError);
}

TEST_CASE("a rate is a positive number a unit of time") {
  CHECK(parse_rate("20/s") == Approx(20));
  CHECK(parse_rate("600/m") == Approx(10));
  CHECK(parse_rate("0.5/s") == Approx(0.5));
  CHECK(parse_rate("0.0036/h") == Approx(1e-6));
  for (const char* text : {"", "20", "/s", "0/s", "-1/s", "20/", "20/week", "x/s", "nan/s", "inf/s"})
    CHECK_THROWS_AS(parse_rate(text), UsageError);
}

TEST_CASE("a rate that Postgres cannot reckon with is refused with the slowest or the fastest that there is") {
  CHECK_THROWS_WITH(parse_rate("1e-12/s"), Catch::Contains("0.0036/h"));
  CHECK_THROWS_WITH(parse_rate("0.003/h"), Catch::Contains("0.0036/h"));
  CHECK_THROWS_WITH(parse_rate("1000000/ms"), Catch::Contains("1000000/s"));
}

TEST_CASE("a duration in seconds is rounded up, so that a short window is not empty") {
  CHECK(whole_seconds(1ms) == 1);
  CHECK(whole_seconds(2h) == 7200);
}

TEST_CASE("a time in the past is how long ago, or a moment, and says so to anything else") {
  CHECK(std::get<pawl::engine::Duration>(parse_past("--since", "2h")) == 2h);
  CHECK(std::get<pawl::engine::Timestamp>(parse_past("--since", "1970-01-01T00:00:01Z")).time_since_epoch() == 1s);
  CHECK(parse_ago("--since", "2h") == 7200);
  CHECK_THROWS_WITH(parse_past("--since", "1h ago"),
                    Catch::StartsWith("--since takes how long ago, like 2h, or a time, like 2026"));
  CHECK_THROWS_WITH(parse_past("--since", "2999-01-01T00:00:00Z"), Catch::Contains("lies in the future"));
  CHECK_THROWS_WITH(parse_ago("--since", "0s"), Catch::Contains("more than no time"));
}

TEST_CASE("a retry setting replaces the parts it names and keeps the rest") {
  const auto policy = with_retry_setting({}, "first=5s,longest=30m,attempts=0,for=24h,jitter=full");
  CHECK(policy.first == 5s);
  CHECK(policy.longest == 30min);
  CHECK(policy.max_attempts == 0);
  CHECK(policy.give_up_after == 24h);
  CHECK(policy.full_jitter);
  CHECK(with_retry_setting(policy, "first=1s").longest == 30min);
  CHECK(with_retry_setting(policy, "").first == 5s);
}

TEST_CASE("a retry setting that never ends or makes no sense is refused") {
  for (const char* text :
       {"attempts=0", "first=2m,longest=1m", "tries=3", "first", "attempts=x", "jitter=some", "for=1"})
    CHECK_THROWS_AS(with_retry_setting({}, text), UsageError);
}
