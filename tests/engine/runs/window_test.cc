// How much room a window leaves for what is claimed and what wakes, as a catalogue.
#include "engine/runs/window.h"

#include <catch2/catch.hpp>

using namespace pawl::engine;

namespace {

constexpr Window kWindow{.moving_max = 800, .claim_max = 500, .payloads_max = 1000, .parked_max = 10};

}  // namespace

TEST_CASE("a claim brings as many as there is room for, and no more than one claim may") {
  CHECK(kWindow.room_to_claim({}) == 500);
  CHECK(kWindow.room_to_claim({.runs = 700}) == 100);
  CHECK(kWindow.room_to_claim({.runs = 800}) == 0);
  CHECK(kWindow.room_to_claim({.runs = 900}) == 0);
}

TEST_CASE("runs of many items leave an eighth of the window to others") {
  CHECK(kWindow.room({.runs = 10, .weight = 500}) == 290);
  CHECK(kWindow.room({.runs = 10, .weight = 100'000}) == 90);
  CHECK(kWindow.room({.runs = 100, .weight = 100'000}) == 0);
}

TEST_CASE("nothing is claimed beside too many bytes of payloads or too many parked runs") {
  CHECK(kWindow.room_to_claim({.payloads = 999}) == 500);
  CHECK(kWindow.room_to_claim({.payloads = 1000}) == 0);
  CHECK(kWindow.room_to_claim({.parked = 10}) == 0);
  CHECK(kWindow.payloads_left({.payloads = 400}) == 600);
  CHECK(kWindow.payloads_left({.payloads = 4000}) == 0);
}

TEST_CASE("a window that is closed for a last delivery has no room, however empty") {
  CHECK(kWindow.room_to_claim({.closed = true}) == 0);
  CHECK(kWindow.room_to_wake({.closed = true}) == 0);
}

TEST_CASE("what has waited takes three quarters of the window at most, and no place that a claim may fill") {
  CHECK(kWindow.room_to_wake({}) == kWakeAtOnce);
  CHECK(kWindow.room_to_wake({.runs = 550, .woken = 550}) == 50);
  CHECK(kWindow.room_to_wake({.runs = 600, .woken = 600}) == 0);
  CHECK(kWindow.room_to_wake({.runs = 600, .coming = 150}) == 50);
  CHECK(kWindow.room_to_wake({.runs = 600, .coming = 500}) == 0);
  CHECK(Window{.moving_max = 1}.room_to_wake({}) == 1);
}
