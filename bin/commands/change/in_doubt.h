// `pawl in-doubt`: lists mails in doubt, and resolves them by what an operator knows.
#pragma once

#include <memory>

#include "bin/commands/verb/verb.h"

namespace CLI {
class App;
}

namespace pawl::bin {

class Workflows;

/// Declares the verb's arguments on its subcommand. The workflows outlive it.
std::unique_ptr<Verb> make_in_doubt(CLI::App& command, Workflows& workflows);

}  // namespace pawl::bin
