// `pawl replay`: re-executes the workflow's code against a run's checkpoints, with no effect.
#pragma once

#include <memory>

#include "bin/commands/verb.h"

namespace CLI {
class App;
}

namespace pawl::bin {

/// Declares the verb's arguments on its subcommand.
std::unique_ptr<Verb> make_replay(CLI::App& command);

}  // namespace pawl::bin
