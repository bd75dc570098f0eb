// `pawl batch`: lists, shows, watches, pauses, continues and aborts commands about many runs.
#pragma once

#include <memory>

#include "bin/commands/verb/verb.h"

namespace CLI {
class App;
}

namespace pawl::bin {

/// Declares the verb's arguments on its subcommand.
std::unique_ptr<Verb> make_batch_verb(CLI::App& command);

}  // namespace pawl::bin
