// The verb `waiting`.
#pragma once

#include <memory>

#include "bin/commands/verb/verb.h"
#include "bin/worker/workflows.h"

namespace CLI {
class App;
}

namespace pawl::bin {

/// `waiting`: every unfinished run, and why it is not finished, from the checkpoints and from Postgres.
std::unique_ptr<Verb> make_waiting(CLI::App& command, Workflows& workflows);

}  // namespace pawl::bin
