// The verb `doctor`.
#pragma once

#include <memory>

#include "bin/commands/verb/verb.h"
#include "bin/worker/workflows.h"

namespace CLI {
class App;
}

namespace pawl::bin {

/// `doctor`: looks at settings, both databases, workers and relay, each on its own; exit 1 where something is wrong.
std::unique_ptr<Verb> make_doctor(CLI::App& command, Workflows& workflows);

}  // namespace pawl::bin
