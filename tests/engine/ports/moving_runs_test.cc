// Who moves beside an event that was in flight when a worker died, as a catalogue.
#include "engine/ports/moving_runs.h"

#include <catch2/catch.hpp>

using namespace pawl::engine;

namespace {

int joined_by(MovingRuns moving, int own) {
  int joined = 0;
  for (; joined < 1000 && moving.admits(own); ++joined) moving.add(own);
  return joined;
}

}  // namespace

TEST_CASE("P8: the fewer deliveries an event has left, the stricter its quarantine") {
  CHECK(quarantine_of(0, 5) == kNoQuarantine);
  CHECK(quarantine_of(1, 5) == kNoQuarantine);
  CHECK(quarantine_of(2, 5) == 64);
  CHECK(quarantine_of(3, 5) == 8);
  CHECK(quarantine_of(4, 5) == kAlone);
  CHECK(quarantine_of(5, 5) == kNoQuarantine);  // set aside unseen
  CHECK(quarantine_of(96, 100) == kNoQuarantine);
}

TEST_CASE("P8: the last delivery is alone, however few are allowed") {
  for (int allowed = 2; allowed < 20; ++allowed) CHECK(quarantine_of(allowed - 1, allowed) == kAlone);
  for (int allowed = 1; allowed < 20; ++allowed) CHECK(quarantine_of(0, allowed) == kNoQuarantine);
}

TEST_CASE("a quarantine fills up and goes on filling as its members leave") {
  CHECK(joined_by({.count = 500}, kNoQuarantine) == 1000);
  CHECK(joined_by({.count = 500}, 64) == 64);
  CHECK(joined_by({.count = 500, .suspects = 60, .smallest = 64}, 64) == 4);
  CHECK(joined_by({.count = 500, .suspects = 64, .smallest = 64}, 64) == 0);
}

TEST_CASE("the most suspect of those that move decides how many do") {
  CHECK(joined_by({.count = 500, .suspects = 8, .smallest = 64}, 8) == 0);
  CHECK(joined_by({.count = 500, .suspects = 7, .smallest = 64}, 8) == 1);
  CHECK(joined_by({.count = 500, .suspects = 3, .smallest = 8}, 64) == 5);
  CHECK(joined_by({.count = 500, .suspects = 8, .smallest = 8}, kNoQuarantine) == 1000);
}

TEST_CASE("whoever is on its last delivery waits until nothing moves, and nobody joins it") {
  CHECK(joined_by({.count = 1}, 1) == 0);
  CHECK(joined_by({}, 1) == 1);
  const MovingRuns alone{.count = 1, .suspects = 1, .smallest = 1};
  for (const int own : {1, 8, 64, kNoQuarantine}) CHECK(joined_by(alone, own) == 0);
}
