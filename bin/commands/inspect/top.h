// The verb `top`.
#pragma once

#include <memory>

#include "bin/commands/verb/verb.h"

namespace CLI {
class App;
}

namespace pawl::bin {

/// `top`: the fleet as it moves, redrawn each second on a terminal, a line each second elsewhere.
std::unique_ptr<Verb> make_top(CLI::App& command);

}  // namespace pawl::bin
