// `pawl show`: prints everything about one run as a timeline.
#pragma once

#include <memory>

#include "bin/commands/verb/verb.h"

namespace CLI {
class App;
}

namespace pawl::bin {

class Workflows;

/// Declares the verb's arguments on its subcommand.
std::unique_ptr<Verb> make_show(CLI::App& command, Workflows& workflows);

}  // namespace pawl::bin
