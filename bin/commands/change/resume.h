// `pawl resume`: lets failed runs go on at their failed steps.
#pragma once

#include <memory>

#include "bin/commands/verb/verb.h"

namespace CLI {
class App;
}

namespace pawl::bin {

/// Declares the verb's arguments on its subcommand.
std::unique_ptr<Verb> make_resume(CLI::App& command);

}  // namespace pawl::bin
