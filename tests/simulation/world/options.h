// What one simulation is made of: drawn from its seed, printable as the command line that repeats it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/authoring/clock.h"
#include "tests/simulation/world/faults.h"

namespace pawl::simulation {

struct Options {
  std::uint64_t seed = 1;
  int events = 20;
  int workers = 2;
  int fault_seconds = 600;  ///< Simulated time during which events come and faults fire.
  int lease_seconds = 30;
  int hang_seconds = 900;
  int moving_max = 20;
  int claim_max = 10;
  int deliveries_max = 5;
  bool hold_in_doubt = false;
  std::array<double, kFaultCount> faults{};  ///< Probability at each opportunity.

  double& operator[](Fault fault) { return faults[static_cast<std::size_t>(fault)]; }
  double operator[](Fault fault) const { return faults[static_cast<std::size_t>(fault)]; }
};

/// Everything drawn from the seed: a part of the fault kinds, each more or less often, and sizes.
Options options_of(std::uint64_t seed);

/// The names that set_option knows, each with what its value may be.
std::vector<std::pair<std::string, std::string>> option_names();

/// Takes over one `--name value`; false when there is no such name or the value makes no sense.
bool set_option(Options& options, std::string_view name, const std::string& value);

/// The options as arguments, every one of them.
std::string to_arguments(const Options& options);

}  // namespace pawl::simulation
