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
  CHECK(circuit.admits(start));
  for (int probe = 1; probe < 4; ++probe) {
    circuit.open("away", start, 0, waits);  // the probe was in vain
    for (int asked = 0; asked < 10; ++asked) circuit.probe_now(start);
    const Timestamp next = start + probe * Circuit::kFirst;
    CHECK_FALSE(circuit.admits(next - 1ms));
    CHECK(circuit.admits(next));
    circuit.probe_now(next);
  }
}
