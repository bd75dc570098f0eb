// Patience with a service that is not there yet.
#include "bin/worker/retry_start.h"

#include <catch2/catch.hpp>

#include "engine/authoring/errors.h"
#include "tests/bin/manual_clock.h"

using namespace pawl::bin;
using namespace std::chrono_literals;
using pawl::engine::Duration;
using pawl::engine::UnavailableError;

namespace {

struct RetryStartFixture {
  ManualClock clock;
  std::vector<Duration> waits;
  std::vector<std::string> errors;
  int attempts = 0;

  Patience patience(std::optional<Duration> give_up_after, std::size_t stop_after = 1000) {
    return {give_up_after,
            [this, stop_after](Duration wait) {
              waits.push_back(wait);
              clock.time += wait;
              return waits.size() >= stop_after;
            },
            [this](const std::string& error, Duration) { errors.push_back(error); }};
  }
  std::function<void()> fail_times(int times) {
    return [this, times] {
      if (++attempts <= times) throw UnavailableError("no Postgres at db");
    };
  }
};

}  // namespace

TEST_CASE_METHOD(RetryStartFixture, "it waits longer each time, at most five seconds, and says why") {
  CHECK(retry_start(clock, patience(std::nullopt), fail_times(7)));
  CHECK(waits == std::vector<Duration>{250ms, 500ms, 1s, 2s, 4s, 5s, 5s});
  CHECK(errors.size() == 7);
  CHECK(errors.front() == "no Postgres at db");
}

TEST_CASE_METHOD(RetryStartFixture, "with a limit it gives up with the last error, exactly when the time is up") {
  CHECK_THROWS_AS(retry_start(clock, patience(Duration{1s}), fail_times(1000)), UnavailableError);
  CHECK(waits == std::vector<Duration>{250ms, 500ms, 250ms});
}

TEST_CASE_METHOD(RetryStartFixture, "a stop ends the waiting") {
  CHECK_FALSE(retry_start(clock, patience(std::nullopt, 2), fail_times(1000)));
  CHECK(attempts == 2);
}

TEST_CASE_METHOD(RetryStartFixture, "any other failure is reported at once") {
  const auto refuse = [] { throw pawl::engine::RefusedError("not migrated"); };
  CHECK_THROWS_AS(retry_start(clock, patience(std::nullopt), refuse), pawl::engine::RefusedError);
  CHECK(waits.empty());
}
