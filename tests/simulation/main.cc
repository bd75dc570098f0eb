// The command: simulates seeds one after the other, and prints how to repeat the one that fails.
#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>

#include "tests/simulation/simulation.h"

namespace {

using namespace pawl::simulation;

struct Command {
  std::uint64_t seeds = 1;
  double minutes = 0;
  bool trace = false;
  bool keep_going = false;
  std::uint64_t first_seed = 1;
  std::vector<std::pair<std::string, std::string>> given;
};

void declare(CLI::App& app, Command& command) {
  const auto limited = app.add_option("--seeds", command.seeds, "How many seeds, one after the other; default 1")
                           ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 40));
  const auto plain_number = [](const std::string& text) {
    return text.find_first_not_of("0123456789.") == std::string::npos ? "" : "'" + text + "' is not a plain number";
  };
  app.add_option("--minutes", command.minutes, "As many seeds as fit into this instead")
      ->check(plain_number)
      ->check(CLI::Range(0.01, 1e6))
      ->excludes(limited);
  const auto first_seed = [&command](const std::string& value) {
    Options scratch;
    if (!set_option(scratch, "--seed", value))
      throw CLI::ValidationError("--seed", "'" + value + "' is no 64-bit seed");
    command.first_seed = scratch.seed;
  };
  app.add_option_function<std::string>("--seed", first_seed, "The first seed; default 1");
  app.add_flag("--trace", command.trace, "Print every turn and fault");
  app.add_flag("--keep-going", command.keep_going, "Go on after a broken seed");
  for (const auto& [name, allowed] : option_names()) {
    const auto take = [&command, name = name, allowed = allowed](const std::string& value) {
      Options scratch;
      if (!set_option(scratch, name, value)) throw CLI::ValidationError(name, "'" + value + "' is not " + allowed);
      command.given.emplace_back(name, value);
    };
    app.add_option_function<std::string>(name, take, allowed)->group("Instead of what the seed would draw");
  }
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
  std::cout << (totals.broken > 0 ? std::to_string(totals.broken) + " seeds BROKEN\n" : "every promise held\n");
  return totals.broken > 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "Runs the real engine under every fault at once, in simulated time; a seed that breaks a promise is "
      "printed as the command that repeats it.",
      "simulation"};
  Command command;
  declare(app, command);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const bool asked = error.get_exit_code() == 0;
    app.exit(error);
    return asked ? 0 : 2;
  }
  return simulate(command);
}
