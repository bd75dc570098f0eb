// Who enters, who is held and who waits, as a catalogue.
#include "engine/runs/suspects.h"

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
  Suspects suspects(5);
  CHECK(suspects.entered(delivered(1)) == kNoQuarantine);
  CHECK(suspects.entered(delivered(3)) == 64);
  CHECK(suspects.entered(delivered(4)) == 8);
  const Quarantine quarantine = suspects.beside(10);
  CHECK(quarantine.moving == 10);
  CHECK(quarantine.suspects == 2);
  CHECK(quarantine.smallest == 8);
  CHECK(suspects.left(8));
  CHECK(suspects.beside(9).smallest == 64);
  CHECK(suspects.left(64));
  CHECK(suspects.beside(8).smallest == kNoQuarantine);
  CHECK_FALSE(suspects.left(kNoQuarantine));
  CHECK_FALSE(suspects.closed());
}

TEST_CASE("P8: a run that is delivered for the last time is held unless it is alone, one at a time") {
  Suspects suspects(5);
  CHECK(suspects.of_delivered(delivered(5), 0) == Admission::kEnters);
  CHECK(suspects.of_delivered(delivered(5), 1) == Admission::kIsHeld);
  CHECK(suspects.of_delivered(delivered(4), 1) == Admission::kEnters);  // the claim admitted it
  suspects.hold(delivered(5, 7));
  CHECK(suspects.closed());
  CHECK(suspects.of_delivered(delivered(5, 7), 1) == Admission::kIsHeld);
  CHECK(suspects.of_delivered(delivered(5, 8), 1) == Admission::kEnters);
}

TEST_CASE("P8: a run that wakes for its last delivery is held in any case, and a second one waits for it") {
  Suspects suspects(5);
  CHECK(suspects.of_woken(delivered(5), 0) == Admission::kIsHeld);
  suspects.hold(delivered(5, 7));
  CHECK(suspects.of_woken(delivered(5, 8), 0) == Admission::kWaits);
}

TEST_CASE("P8: of the suspects that wake, as many enter as may move side by side") {
  Suspects suspects(5);
  for (std::size_t moving = 100; moving < 108; ++moving) {
    REQUIRE(suspects.of_woken(delivered(4), moving) == Admission::kEnters);
    suspects.entered(delivered(4));
  }
  CHECK(suspects.of_woken(delivered(4), 108) == Admission::kWaits);
  CHECK(suspects.of_woken(delivered(1), 108) == Admission::kEnters);
}

TEST_CASE("P8: nothing comes while one is held or moves alone, and what is held moves once") {
  Suspects suspects(5);
  suspects.hold(delivered(5, 7));
  CHECK(suspects.holds(7));
  CHECK_FALSE(suspects.holds(8));
  const StoredRun released = suspects.release();
  CHECK(released.run == 7);
  CHECK_FALSE(suspects.held());
  CHECK_FALSE(suspects.closed());
  const int own = suspects.entered(released);
  CHECK(suspects.closed());
  CHECK(suspects.left(own));
  CHECK_FALSE(suspects.closed());
}

TEST_CASE("P8: what is held is held no longer once it has come another way") {
  Suspects suspects(5);
  suspects.hold(delivered(5, 7));
  suspects.entered(delivered(1, 8));
  CHECK(suspects.holds(7));
  suspects.entered(delivered(6, 7));
  CHECK_FALSE(suspects.held());
}

TEST_CASE("P8: a run that was delivered more often than is allowed is set aside, with the reason") {
  const Suspects suspects(5);
  CHECK(suspects.set_aside(delivered(5)).empty());
  CHECK(suspects.set_aside(delivered(6)) ==
        "set aside: delivered 6 times without finishing (limit 5); it may crash the worker");
}
