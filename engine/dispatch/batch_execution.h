// Runs one batch of a step on a lane, and finds the item that throws.
#pragma once

#include <span>
#include <string>

#include "engine/authoring/step.h"

namespace pawl::engine {

/// Leaves an outcome in every execution. A batch that throws is split and what is unsettled runs again, until the item
/// that throws is alone: the others lose no attempt. Returns the message of a LeaseLostError, or nothing.
std::string execute_batch(StepBase& step, std::span<Execution* const> batch);

}  // namespace pawl::engine
