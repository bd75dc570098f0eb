// Who enters, who is held and who waits, as a catalogue.
#include "engine/runs/quarantine.h"

#include <catch2/catch.hpp>

using namespace pawl::engine;

namespace {

StoredRun delivered(int deliveries, RunNumber number = 1) {
  StoredRun run;
  run.run = number;
  run.event.deliveries = deliveries;
  return run;
}

}  // namespace

TEST_CASE("P8: suspects are counted while they move, and the strictest of them tells who may join") {
  Quarantine quarantine(5);
  CHECK(quarantine.entered(delivered(1)) == kNoQuarantine);
  CHECK(quarantine.entered(delivered(3)) == 64);
  CHECK(quarantine.entered(delivered(4)) == 8);
  const MovingRuns moving = quarantine.beside(10);
  CHECK(moving.count == 10);
  CHECK(moving.suspects == 2);
  CHECK(moving.smallest == 8);
  CHECK(quarantine.left(8));
  CHECK(quarantine.beside(9).smallest == 64);
  CHECK(quarantine.left(64));
  CHECK(quarantine.beside(8).smallest == kNoQuarantine);
  CHECK_FALSE(quarantine.left(kNoQuarantine));
  CHECK_FALSE(quarantine.closed());
}

TEST_CASE("P8: a run that is delivered for the last time is held unless it is alone, one at a time") {
  Quarantine quarantine(5);
  CHECK(quarantine.of_delivered(delivered(5), 0) == Admission::kEnters);
  CHECK(quarantine.of_delivered(delivered(5), 1) == Admission::kIsHeld);
  CHECK(quarantine.of_delivered(delivered(4), 1) == Admission::kEnters);  // the claim admitted it
  quarantine.hold(delivered(5, 7));
  CHECK(quarantine.closed());
  CHECK(quarantine.of_delivered(delivered(5, 7), 1) == Admission::kIsHeld);
  CHECK(quarantine.of_delivered(delivered(5, 8), 1) == Admission::kEnters);
}

TEST_CASE("P8: a run that wakes for its last delivery is held in any case, and a second one waits for it") {
  Quarantine quarantine(5);
  CHECK(quarantine.of_woken(delivered(5), 0) == Admission::kIsHeld);
  quarantine.hold(delivered(5, 7));
  CHECK(quarantine.of_woken(delivered(5, 8), 0) == Admission::kWaits);
}

TEST_CASE("P8: of the suspects that wake, as many enter as may move side by side") {
  Quarantine quarantine(5);
  for (std::size_t moving = 100; moving < 108; ++moving) {
    REQUIRE(quarantine.of_woken(delivered(4), moving) == Admission::kEnters);
    quarantine.entered(delivered(4));
  }
  CHECK(quarantine.of_woken(delivered(4), 108) == Admission::kWaits);
  CHECK(quarantine.of_woken(delivered(1), 108) == Admission::kEnters);
}

TEST_CASE("P8: nothing comes while one is held or moves alone, and what is held moves once") {
  Quarantine quarantine(5);
  quarantine.hold(delivered(5, 7));
  CHECK(quarantine.holds(7));
  CHECK_FALSE(quarantine.holds(8));
  const StoredRun released = quarantine.release();
  CHECK(released.run == 7);
  CHECK_FALSE(quarantine.held());
  CHECK_FALSE(quarantine.closed());
  const int own = quarantine.entered(released);
  CHECK(quarantine.closed());
  CHECK(quarantine.left(own));
  CHECK_FALSE(quarantine.closed());
}

TEST_CASE("P8: what is held is held no longer once it has come another way") {
  Quarantine quarantine(5);
  quarantine.hold(delivered(5, 7));
  quarantine.entered(delivered(1, 8));
  CHECK(quarantine.holds(7));
  quarantine.entered(delivered(6, 7));
  CHECK_FALSE(quarantine.held());
}

TEST_CASE("P8: a run that was delivered more often than is allowed is set aside, with the reason") {
  const Quarantine quarantine(5);
  CHECK(quarantine.set_aside(delivered(5)).empty());
  CHECK(quarantine.set_aside(delivered(6)) ==
        "set aside: delivered 6 times without finishing (limit 5); it may crash the worker");
}
