// Whether an event can become what it is meant to be: judged before it is written, as its workflows will judge it.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/authoring/workflow.h"

namespace pawl::bin {

struct PayloadCheck {
  std::vector<std::string> problems;  ///< All that is wrong with it; each begins with the field where it is one's.
  std::vector<std::string> unknown;   ///< Workflows that this build does not have: nobody has looked for them.
};

/// Asks each of the workflows, by name. Pure: no step executes. A payload that several refuse in the same words has the
/// problem once.
PayloadCheck check_payload(std::span<const engine::WorkflowDefinition> build, const std::vector<std::string>& workflows,
                           const std::string& payload);

/// What a payload is no JSON for, in words that quote nothing of it; empty: it is JSON.
std::string why_no_json(const std::string& payload);

/// As lines of an error: `, 2 problems:` and each on a line of its own; of one, `: ` and that.
std::string listed(const std::vector<std::string>& problems);

}  // namespace pawl::bin
