// Runs many crash scenarios, several at once, each in a world that is used again.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/faults/crash_points.h"
#include "tests/bin/crash/world.h"

namespace pawl::bin {

/// A scenario; what it returns is violated, beside what the world itself finds.
struct CrashCase {
  std::string name;
  std::function<std::vector<std::string>(CrashWorld&)> run;
};

struct CrashReport {
  std::vector<std::string> failures;  ///< Each with its case's name.
  CrashToll toll;
  std::string text() const;
};

/// In PAWL_CRASH_THREADS worlds at once; three unless given. A life is mostly waiting.
CrashReport run_cases(const std::vector<CrashCase>& cases);

/// The places that a worker passes whatever operators ask; theirs and the verbs' are not among them.
std::vector<engine::CrashPlace> worker_points();
/// What a scenario has to have so that a first life reaches the place.
CrashScenario scenario_for(const engine::CrashPlace& place);

}  // namespace pawl::bin
