// `pawl mail test`: sends one real mail and says what the relay said to each step.
#pragma once

#include <memory>

#include "bin/commands/verb.h"

namespace CLI {
class App;
}

namespace pawl::bin {

/// Declares the verb's arguments on its subcommand.
std::unique_ptr<Verb> make_mail(CLI::App& command);

}  // namespace pawl::bin
