// A thousand seeds, each with its own faults, and the proof that a seed can be repeated.
#include "tests/simulation/simulation.h"

#include <catch2/catch.hpp>
#include <sstream>

using namespace pawl::simulation;

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t kSeeds = 300;
#else
constexpr std::uint64_t kSeeds = 1000;
#endif

/// As the command line of a failing seed would set it.
Options parsed(const std::string& arguments) {
  Options options;
  std::istringstream words(arguments);
  for (std::string name, value; words >> name >> value;) REQUIRE(set_option(options, name, value));
  return options;
}

}  // namespace

TEST_CASE("P1 to P6, P8 to P10: whatever fails, every promise holds, in thousands of simulations of every fault") {
  FaultCounts counts{};
  std::size_t events = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const Options options = options_of(seed);
    const Result result = Simulation(options).run();
    INFO("repeat with: simulation " << to_arguments(options));
    REQUIRE(result.violation == "");
    events += result.events;
    for (std::size_t i = 0; i < kFaultCount; ++i) counts[i] += result.faults[i];
  }
  CHECK(events > 10 * kSeeds);
  for (std::size_t i = 0; i < kFaultCount; ++i) {
    INFO("fault kind " << name_of(static_cast<Fault>(i)));
    CHECK(counts[i] > 0);
  }
}

TEST_CASE("the same seed gives the same simulation, to the last step, also from its command line") {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    const Options options = options_of(seed);
    const Result once = Simulation(options).run();
    const Result again = Simulation(options).run();
    const Result from_arguments = Simulation(parsed(to_arguments(options))).run();
    CHECK(once.trace == again.trace);
    CHECK(once.trace == from_arguments.trace);
    CHECK(once.turns == again.turns);
    CHECK(once.trace != Simulation(options_of(seed + 1)).run().trace);
  }
}
