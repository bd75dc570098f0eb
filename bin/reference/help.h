// `pawl help [VERB]`: what `--help` of that verb prints.
#pragma once

#include <memory>

#include "bin/commands/verb/verb.h"

namespace CLI {
class App;
}

namespace pawl::bin {

/// Declares the verb's arguments on its subcommand of the program.
std::unique_ptr<Verb> make_help(CLI::App& command);

}  // namespace pawl::bin
