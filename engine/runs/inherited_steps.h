// What a rerun begins with: the steps of its parent that began no later than the step from which it starts anew.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/ports/checkpoints.h"

namespace pawl::engine {

struct Inherited {
  std::vector<StepSettled> steps;  ///< As the parent has them.
  std::string refusal;             ///< Why the rerun cannot begin; empty: it can.
};

/// A step that began before another, or beside it, does not depend on what that one gave: it stays as it was, so that a
/// rerun of the mails writes no note again. Of a run that is no rerun, or begins at its beginning: nothing. `parent`:
/// none or one run, as the store has it. Pure.
Inherited inherited_steps(const Event& event, const std::vector<StoredRun>& parent);

/// When the step first began in a run, if it did; by any of its items.
std::optional<Timestamp> first_started(const StoredRun& run, const std::string& step);

/// The names of a run's steps that began, each once, as `a, b, c`.
std::string steps_of(const StoredRun& run);

}  // namespace pawl::engine
