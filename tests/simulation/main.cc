// The command: simulates seeds one after the other, and prints how to repeat the one that fails.
#include <chrono>
#include <iostream>

#include "tests/simulation/simulation.h"

namespace {

using namespace pawl::simulation;

constexpr const char* kUsage =
    "simulation [--seeds N] [--minutes M] [--trace] [--keep-going] [--seed S] [--events E] [--workers W] "
    "[--fault-seconds T] ...\n"
    "  Runs N seeds from S on (default 1), or as many as M minutes allow. Every option that is given replaces what "
    "the\n"
    "  seed would have drawn; a failing seed is printed with all of them.\n";

struct Command {
  std::uint64_t seeds = 1;
  double minutes = 0;
  bool trace = false;
  bool keep_going = false;
  std::uint64_t first_seed = 1;
  std::vector<std::pair<std::string, std::string>> given;
};

bool parse(int argc, char** argv, Command& command) {
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--trace" || name == "--keep-going") {
      (name == "--trace" ? command.trace : command.keep_going) = true;
      continue;
    }
    if (++i == argc) return false;
    Options scratch;
    if (name == "--seeds")
      command.seeds = std::stoull(argv[i]);
    else if (name == "--minutes")
      command.minutes = std::stod(argv[i]);
    else if (name == "--seed")
      command.first_seed = std::stoull(argv[i]);
    else if (set_option(scratch, name, argv[i]))
      command.given.emplace_back(name, argv[i]);
    else
      return false;
  }
  return true;
}

Options options_for(const Command& command, std::uint64_t seed) {
  Options options = options_of(seed);
  for (const auto& [name, value] : command.given) set_option(options, name, value);
  return options;
}

struct Totals {
  FaultCounts faults{};
  std::uint64_t seeds = 0, events = 0, turns = 0, broken = 0;
};

void print(const Totals& totals, double seconds) {
  std::cout << totals.seeds << " seeds, " << totals.events << " events, " << totals.turns << " turns in " << seconds
            << " s (" << static_cast<double>(totals.seeds) / seconds << " seeds/s)\n";
  for (std::size_t i = 0; i < kFaultCount; ++i)
    std::cout << "  " << name_of(static_cast<Fault>(i)) << " " << totals.faults[i] << "\n";
}

int simulate(const Command& command) {
  const auto started = std::chrono::steady_clock::now();
  const auto elapsed = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  };
  Totals totals;
  const auto more = [&] {
    return command.minutes > 0 ? elapsed() < command.minutes * 60 : totals.seeds < command.seeds;
  };
  for (std::uint64_t seed = command.first_seed; more(); ++seed) {
    const Options options = options_for(command, seed);
    const Result result = Simulation(options, command.trace ? &std::cout : nullptr).run();
    ++totals.seeds;
    totals.events += result.events;
    totals.turns += result.turns;
    for (std::size_t i = 0; i < kFaultCount; ++i) totals.faults[i] += result.faults[i];
    if (result.violation.empty()) continue;
    ++totals.broken;
    std::cout << "BROKEN " << result.violation << "\n  repeat with: simulation " << to_arguments(options) << "\n";
    if (!command.keep_going) return 1;
  }
  print(totals, elapsed());
  return totals.broken > 0;
}

}  // namespace

int main(int argc, char** argv) {
  Command command;
  if (!parse(argc, argv, command)) {
    std::cerr << kUsage;
    return 2;
  }
  return simulate(command);
}
