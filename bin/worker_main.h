// The whole program of a worker, for whoever brings workflows: its main names them and returns what this returns.
#pragma once

#include <vector>

#include "workflows/module/module.h"

namespace pawl::bin {

/// Every verb of the command line (`migrate`, `worker`, `runs`, `show`, `replay`, `resume`, `emit`, `in-doubt`, `mail`,
/// `sql`, `help`) over these workflows, on the streams of the process. Returns its exit code.
int run_worker_main(int argc, char** argv, const std::vector<workflow::Registration>& workflows);

}  // namespace pawl::bin
