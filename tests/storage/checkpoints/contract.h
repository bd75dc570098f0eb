// What every checkpoint store promises, as sections that each implementation's test case runs.
#pragma once

#include <functional>
#include <memory>

#include "engine/ports/checkpoints.h"

namespace pawl::storage {

/// Makes an empty store; called once a section.
using MakeCheckpoints = std::function<std::unique_ptr<engine::Checkpoints>()>;

/// The whole of it, as sections. Call from a TEST_CASE.
void check_contract(const MakeCheckpoints& make);
/// A part of it.
void check_pruning(const MakeCheckpoints& make);

}  // namespace pawl::storage
