// `pawl rerun`: begins a run anew that has ended.
#pragma once

#include <memory>

#include "bin/commands/verb/verb.h"

namespace CLI {
class App;
}

namespace pawl::bin {

/// Declares the verb's arguments on its subcommand.
std::unique_ptr<Verb> make_rerun(CLI::App& command);

}  // namespace pawl::bin
