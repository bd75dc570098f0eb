// Gives the command line the streams of the process.
#include "bin/worker_main.h"

#include <sys/prctl.h>
#include <unistd.h>

#include <iostream>

#include "bin/command_line.h"
#include "bin/output/lossy_stream.h"

namespace pawl::bin {

namespace {

// Nor may another process of this user read them from memory.
void keep_passwords_out_of_core_dumps() { prctl(PR_SET_DUMPABLE, 0); }

}  // namespace

int run_worker_main(int argc, char** argv, const std::vector<workflow::Registration>& workflows) {
  keep_passwords_out_of_core_dumps();
  LossyBuffer buffer(STDERR_FILENO);
  std::ostream err(&buffer);
  err << std::unitbuf;
  Console console{std::cin, std::cout, err};
  console.in_is_terminal = isatty(STDIN_FILENO) == 1;
  console.err_is_terminal = isatty(STDERR_FILENO) == 1;
  console.out_is_terminal = isatty(STDOUT_FILENO) == 1;
  return static_cast<int>(run_command_line(argc, argv, console, workflows));
}

}  // namespace pawl::bin
