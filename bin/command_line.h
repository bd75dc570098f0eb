// The whole command line: parses it, runs the verb, and turns what went wrong into a message and an exit code.
#pragma once

#include <vector>

#include "bin/output/console.h"
#include "bin/settings/exit_code.h"
#include "workflows/module/module.h"

namespace pawl::bin {

/// The workflows are made anew for each call.
ExitCode run_command_line(int argc, const char* const* argv, Console& console,
                          const std::vector<workflow::Registration>& workflows);

}  // namespace pawl::bin
