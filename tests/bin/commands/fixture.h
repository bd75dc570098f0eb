// The command line in this process, with streams to read from.
#pragma once

#include <sstream>
#include <vector>

#include "bin/command_line.h"
#include "tests/temporary_directory.h"
#include "workflows/confirm_sync_recovery/registration.h"
#include "workflows/notify_sync_failure/registration.h"

namespace pawl::bin {

/// As the pawl binary has it.
struct CommandLineFixture {
  tests::TemporaryDirectory directory;
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  bool out_is_terminal = false;

  ExitCode run(std::vector<const char*> arguments) {
    Console console{in, out, err};
    console.out_is_terminal = out_is_terminal;
    arguments.insert(arguments.begin(), "pawl");
    return run_command_line(static_cast<int>(arguments.size()), arguments.data(), console,
                            {notify_sync_failure::registration, confirm_sync_recovery::registration});
  }
};

}  // namespace pawl::bin
