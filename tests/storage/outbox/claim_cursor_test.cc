// Where claims look, by hand-turned time.
#include "storage/outbox/claim_cursor.h"

#include <catch2/catch.hpp>

using pawl::storage::ClaimCursor;
using namespace std::chrono_literals;

namespace {
const ClaimCursor::Time kFirstClaim{1000s};
}

TEST_CASE("catching up goes on from the last event claimed") {
  ClaimCursor water;
  water.claimed(kFirstClaim, 500, true);
  CHECK(water.mark() == 500);
}

TEST_CASE("having caught up, a claim looks back over the last second for late commits") {
  ClaimCursor water;
  water.claimed(kFirstClaim, 500, true);
  water.claimed(kFirstClaim + 10ms, 510, false);
  CHECK(water.mark() == 0);
  water.claimed(kFirstClaim + 1s, 520, false);
  CHECK(water.mark() == 500);
  water.claimed(kFirstClaim + 2s, 0, false);
  CHECK(water.mark() == 520);
}

TEST_CASE("a late bulk commit found by a sweep pulls the mark back to where it is") {
  ClaimCursor water;
  water.claimed(kFirstClaim, 9000, false);
  water.claimed(kFirstClaim + 2s, 0, false);
  REQUIRE(water.mark() == 9000);
  water.claimed(kFirstClaim + 3s, 500, true);
  CHECK(water.mark() == 500);
  water.claimed(kFirstClaim + 3s, 600, false);
  CHECK(water.mark() <= 500);
}

TEST_CASE("sweeps come every second, and more rarely when they take long") {
  ClaimCursor water;
  CHECK(water.sweep_due(kFirstClaim));
  water.swept(kFirstClaim, kFirstClaim + 1ms);
  CHECK_FALSE(water.sweep_due(kFirstClaim + 999ms));
  CHECK(water.sweep_due(kFirstClaim + 1s));
  water.swept(kFirstClaim, kFirstClaim + 30ms);
  CHECK_FALSE(water.sweep_due(kFirstClaim + 2999ms));
  CHECK(water.sweep_due(kFirstClaim + 3s));
  water.swept(kFirstClaim, kFirstClaim + 100ms);
  CHECK(water.sweep_due(kFirstClaim + 5s));
  water.swept(kFirstClaim, kFirstClaim + 1s);
  CHECK_FALSE(water.sweep_due(kFirstClaim + 19s));
  CHECK(water.sweep_due(kFirstClaim + 20s));
}
