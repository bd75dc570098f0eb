// `pawl worker`: runs workflows until it is told to stop, or until nothing is left to do.
#pragma once

#include <memory>

#include "bin/commands/verb.h"

namespace CLI {
class App;
}

namespace pawl::bin {

/// Declares the verb's arguments on its subcommand.
std::unique_ptr<Verb> make_worker(CLI::App& command);

}  // namespace pawl::bin
