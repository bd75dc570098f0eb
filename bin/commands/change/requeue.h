// `pawl requeue`: a failed event again, with a corrected payload.
#pragma once

#include <memory>

#include "bin/commands/verb/verb.h"
#include "bin/worker/workflows.h"

namespace CLI {
class App;
}

namespace pawl::bin {

/// Declares the verb's arguments on its subcommand.
std::unique_ptr<Verb> make_requeue(CLI::App& command, Workflows& workflows);

}  // namespace pawl::bin
