// The pawl binary.
#include <unistd.h>

#include <iostream>

#include "bin/command_line.h"

int main(int argc, char** argv) {
  pawl::bin::Console console{std::cin, std::cout, std::cerr, isatty(STDIN_FILENO) == 1, isatty(STDERR_FILENO) == 1};
  return static_cast<int>(pawl::bin::run_command_line(argc, argv, console));
}
