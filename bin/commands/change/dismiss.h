// `pawl dismiss`: says that failed events are to stay undone, and why.
#pragma once

#include <memory>

#include "bin/commands/verb/verb.h"

namespace CLI {
class App;
}

namespace pawl::bin {

/// Declares the verb's arguments on its subcommand.
std::unique_ptr<Verb> make_dismiss(CLI::App& command);

}  // namespace pawl::bin
