// `pawl replay`: re-executes the workflow's code against a run's checkpoints, with no effect.
#pragma once

#include <memory>

#include "bin/commands/verb/verb.h"

namespace CLI {
class App;
}

namespace pawl::bin {

class Workflows;

/// Declares the verb's arguments on its subcommand. The workflows that were brought outlive it.
std::unique_ptr<Verb> make_replay(CLI::App& command, Workflows& workflows);

}  // namespace pawl::bin
