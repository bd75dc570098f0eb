// `pawl generate WHAT`: the files about the command line that a package brings. Not listed by the help: a build asks.
#pragma once

#include <memory>

#include "bin/commands/verb/verb.h"

namespace CLI {
class App;
}

namespace pawl::bin {

/// Declares the verb's arguments on its subcommand of the program.
std::unique_ptr<Verb> make_generate(CLI::App& command);

}  // namespace pawl::bin
