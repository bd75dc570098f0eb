// What every checkpoint store promises, as sections that each implementation's test case runs.
#pragma once

#include <functional>
#include <memory>

#include "engine/ports/checkpoints.h"

namespace pawl::storage {

/// Makes an empty store; called once a section.
using MakeCheckpoints = std::function<std::unique_ptr<engine::Checkpoints>()>;

/// Call from a TEST_CASE.
void check_starting_and_settling(const MakeCheckpoints& make);
void check_failures(const MakeCheckpoints& make);
void check_retrying_and_parking(const MakeCheckpoints& make);
void check_ending_and_reopening(const MakeCheckpoints& make);
void check_groups(const MakeCheckpoints& make);
void check_pruning(const MakeCheckpoints& make);

}  // namespace pawl::storage
