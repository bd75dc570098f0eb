// The pawl binary.
#include <unistd.h>

#include <iostream>

#include "bin/command_line.h"
#include "bin/lossy_stream.h"

int main(int argc, char** argv) {
  pawl::bin::LossyBuffer buffer(STDERR_FILENO);
  std::ostream err(&buffer);
  err << std::unitbuf;
  pawl::bin::Console console{std::cin, std::cout, err, isatty(STDIN_FILENO) == 1, isatty(STDERR_FILENO) == 1};
  return static_cast<int>(pawl::bin::run_command_line(argc, argv, console));
}
