// What everything in a simulation shares: its options, its chance, its true time, its trace.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "tests/simulation/world/options.h"
#include "tests/simulation/world/random.h"
#include "tests/simulation/world/trace.h"

namespace pawl::simulation {

/// Thrown where a process dies.
struct Killed {
  Fault by;
};

struct World {
  World(Options given, std::ostream* trace_lines)
      : options(std::move(given)), random(options.seed ^ 0x9e3779b97f4a7c15ULL), trace(trace_lines) {}

  /// Whether the fault happens at this opportunity; counts it.
  bool strike(Fault fault, std::string_view who, std::string_view detail = {}) {
    if (!faults_on || !random.chance(options[fault])) return false;
    struck(fault, who, detail);
    return true;
  }
  /// A fault that is decided elsewhere, by an event's own nature, has fired.
  void struck(Fault fault, std::string_view who, std::string_view detail = {}) {
    ++counts[static_cast<std::size_t>(fault)];
    trace.note(now, who, name_of(fault), detail);
  }
  void note(std::string_view who, std::string_view what, std::string_view detail = {}) {
    trace.note(now, who, what, detail);
  }

  /// The first broken promise ends the simulation; the engine must not be able to swallow it, so nothing is thrown.
  void broken(const std::string& promise) {
    if (violation.empty()) violation = promise;
    trace.note(now, "oracle", "BROKEN", promise);
  }

  /// The date and time as they are.
  Timestamp wall() const { return std::chrono::sys_days{std::chrono::year{2026} / 1 / 1} + now.time_since_epoch(); }

  const Options options;
  Random random;
  Trace trace;
  FaultCounts counts{};
  Timestamp now{};  ///< True time since the beginning; no process can read it.
  bool faults_on = true;
  std::string violation;
};

}  // namespace pawl::simulation
