// `pawl migrate`: applies the migrations of both databases, prints them, or says where the databases stand.
#pragma once

#include <memory>

#include "bin/commands/verb/verb.h"

namespace CLI {
class App;
}

namespace pawl::bin {

class Workflows;

/// Declares the verb's arguments on its subcommand. The workflows outlive it.
std::unique_ptr<Verb> make_migrate(CLI::App& command, Workflows& workflows);

}  // namespace pawl::bin
