// `pawl cancel` and `pawl retry-now`: what the worker of a run is asked.
#pragma once

#include <memory>

#include "bin/commands/verb/verb.h"

namespace CLI {
class App;
}

namespace pawl::bin {

/// Declares the verb's arguments on its subcommand.
std::unique_ptr<Verb> make_cancel(CLI::App& command);
std::unique_ptr<Verb> make_retry_now(CLI::App& command);

}  // namespace pawl::bin
