// `pawl export`: a copy of runs, for another host or a CI.
#pragma once

#include <memory>

#include "bin/commands/verb/verb.h"

namespace CLI {
class App;
}

namespace pawl::bin {

/// Declares the verb's arguments on its subcommand.
std::unique_ptr<Verb> make_export(CLI::App& command);

}  // namespace pawl::bin
