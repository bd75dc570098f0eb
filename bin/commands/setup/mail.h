// `pawl mail test`: sends one real mail and says what the relay said to each step.
#pragma once

#include <memory>

#include "bin/commands/verb/verb.h"

namespace CLI {
class App;
}

namespace pawl::bin {

class Workflows;

/// Declares the verb's arguments on its subcommand. The workflows outlive it.
std::unique_ptr<Verb> make_mail(CLI::App& command, Workflows& workflows);

}  // namespace pawl::bin
