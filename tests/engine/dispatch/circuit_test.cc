// When a paused step probes, and how often it can be made to.
#include "engine/dispatch/circuit.h"

#include <catch2/catch.hpp>

using namespace pawl::engine;
using namespace std::chrono_literals;

TEST_CASE("a paused step probes at once when it is asked to, and once in kFirst however often that is") {
  const ProbeWaits waits{.first = 1h, .longest = 6h};
  const Timestamp start{10h};
  Circuit circuit;
  circuit.open("away", start, 0, waits);
  CHECK_FALSE(circuit.admits(start));
  circuit.probe_now(start);
  Timestamp now = start;
  for (int probe = 0; probe < 3; ++probe) {
    CHECK(circuit.admits(now));
    circuit.begin_probe(now);
    circuit.open("away", now, 0, waits);  // it was in vain
    for (int asked = 0; asked < 10; ++asked) circuit.probe_now(now);
    now += Circuit::kFirst;
    CHECK_FALSE(circuit.admits(now - 1ms));
  }
}

TEST_CASE("a long wait lasts under what hides its reason, until that was set right or the service refuses") {
  const ProbeWaits minutes{.first = 1min, .longest = 15min};
  const Timestamp now{10h};
  Circuit circuit;
  for (int probe = 0; probe < 6; ++probe) circuit.open("535", now, 0.999, minutes);
  circuit.open("421 too many logins", now, 0.999);
  CHECK(circuit.probe_at() > now + 14min);
  SECTION("set right") {
    circuit.set_right(now);
    CHECK(circuit.admits(now));
    circuit.open("out of reach", now, 0.999);
  }
  SECTION("refuses") { circuit.refuse("554", now, 0.999); }
  CHECK(circuit.probe_at() <= now + Circuit::kFirst);
}
