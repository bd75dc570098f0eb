// The whole command line: parses it, runs the verb, and turns what went wrong into a message and an exit code.
#pragma once

#include "bin/output/console.h"
#include "bin/settings/exit_code.h"

namespace pawl::bin {

ExitCode run_command_line(int argc, const char* const* argv, Console& console);

}  // namespace pawl::bin
