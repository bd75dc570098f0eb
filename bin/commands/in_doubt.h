// `pawl in-doubt`: lists mails in doubt, and resolves them by what an operator knows.
#pragma once

#include <memory>

#include "bin/commands/verb.h"

namespace CLI {
class App;
}

namespace pawl::bin {

/// Declares the verb's arguments on its subcommand.
std::unique_ptr<Verb> make_in_doubt(CLI::App& command);

}  // namespace pawl::bin
