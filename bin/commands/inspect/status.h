// The verb `status`.
#pragma once

#include <memory>

#include "bin/commands/verb/verb.h"

namespace CLI {
class App;
}

namespace pawl::bin {

/// `status`: the whole on one screen, with what is wrong and what to do; exit 1 where something is.
std::unique_ptr<Verb> make_status(CLI::App& command);

}  // namespace pawl::bin
