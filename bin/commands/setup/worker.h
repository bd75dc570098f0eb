// `pawl worker`: runs workflows until it is told to stop, or until nothing is left to do.
#pragma once

#include <memory>

#include "bin/commands/verb/verb.h"

namespace CLI {
class App;
}

namespace pawl::bin {

class Workflows;

/// Declares the verb's arguments on its subcommand. The workflows outlive it.
std::unique_ptr<Verb> make_worker(CLI::App& command, Workflows& workflows);

}  // namespace pawl::bin
