// Where claims look, by hand-turned time.
#include "storage/outbox/claim_cursor.h"

#include <catch2/catch.hpp>

using pawl::storage::ClaimCursor;
using namespace std::chrono_literals;

namespace {
const ClaimCursor::Time kStart{1000s};
}

TEST_CASE("catching up goes on from the last event claimed") {
  ClaimCursor water;
  water.claimed(kStart, 500, true);
  CHECK(water.mark() == 500);
}

TEST_CASE("having caught up, a claim looks back over the last second for late commits") {
  ClaimCursor water;
  water.claimed(kStart, 500, true);
  water.claimed(kStart + 10ms, 510, false);
  CHECK(water.mark() == 0);
  water.claimed(kStart + 1s, 520, false);
  CHECK(water.mark() == 500);
  water.claimed(kStart + 2s, 0, false);
  CHECK(water.mark() == 520);
}

TEST_CASE("a late bulk commit found by a sweep pulls the mark back to where it is") {
  ClaimCursor water;
  water.claimed(kStart, 9000, false);
  water.claimed(kStart + 2s, 0, false);
  REQUIRE(water.mark() == 9000);
  water.claimed(kStart + 3s, 500, true);
  CHECK(water.mark() == 500);
  water.claimed(kStart + 3s, 600, false);
  CHECK(water.mark() <= 500);
}

TEST_CASE("sweeps come every second, and more rarely when they take long") {
  ClaimCursor water;
  CHECK(water.sweep_due(kStart));
  water.swept(kStart, kStart + 1ms);
  CHECK_FALSE(water.sweep_due(kStart + 999ms));
  CHECK(water.sweep_due(kStart + 1s));
  water.swept(kStart, kStart + 30ms);
  CHECK_FALSE(water.sweep_due(kStart + 2999ms));
  CHECK(water.sweep_due(kStart + 3s));
  water.swept(kStart, kStart + 100ms);
  CHECK(water.sweep_due(kStart + 5s));
  water.swept(kStart, kStart + 1s);
  CHECK_FALSE(water.sweep_due(kStart + 19s));
  CHECK(water.sweep_due(kStart + 20s));
}
