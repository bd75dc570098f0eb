// How held runs come back after an outage, and how a fleet comes back to a port.
#include "engine/dispatch/ramp.h"

#include <catch2/catch.hpp>
#include <set>

#include "engine/port_calls/backoff.h"

using namespace pawl::engine;
using namespace std::chrono_literals;

namespace {

const Timestamp kRampStart = Timestamp(std::chrono::sys_days{std::chrono::year{2026} / 1 / 1});

}  // namespace

TEST_CASE("P9: after an outage executions come back as a trickle that doubles each second") {
  Ramp ramp;
  ramp.begin(kRampStart, 1);
  std::size_t came = ramp.take(kRampStart, 100'000);
  CHECK(came == 1);  // somebody has to be first
  std::size_t before = 0;
  for (int second = 1; second <= 9; ++second) {
    const std::size_t now = ramp.take(kRampStart + std::chrono::seconds{second}, 100'000);
    CHECK(now >= before);
    CHECK(now <= 100 * (1U << (second - 1)) + 1);
    before = now;
    came += now;
  }
  CHECK(came > 50'000);
  CHECK(ramp.take(kRampStart + 16s, 1'000'000) == 1'000'000);
}

TEST_CASE("without an outage nothing is held back, and what was not wanted is not lost") {
  Ramp ramp;
  CHECK(ramp.take(kRampStart, 100'000) == 100'000);
  ramp.begin(kRampStart, 1);
  CHECK(ramp.take(kRampStart + 3s, 5) == 5);
  CHECK(ramp.take(kRampStart + 3s, 100'000) == 696);
}

TEST_CASE("P9: the workers of a fleet do not come back to a port in lockstep") {
  std::set<Duration> waits;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Jitter jitter(seed);
    Backoff backoff(jitter);
    for (int failure = 0; failure < 10; ++failure) backoff.failed("refused", kRampStart);
    waits.insert(backoff.retry_at() - kRampStart);
    CHECK(backoff.retry_at() - kRampStart >= 2500ms);
    CHECK(backoff.retry_at() - kRampStart <= 5s);
  }
  CHECK(waits.size() > 40);
}
