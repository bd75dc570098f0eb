// `pawl prune`: removes what is older than its retention, at once.
#pragma once

#include <memory>

#include "bin/commands/verb/verb.h"

namespace CLI {
class App;
}

namespace pawl::bin {

/// Declares the verb's options on `command`.
std::unique_ptr<Verb> make_prune(CLI::App& command);

}  // namespace pawl::bin
