// The pawl binary.
#ifdef PAWL_MIMALLOC
#include <mimalloc.h>
#endif
#include <sys/prctl.h>
#include <unistd.h>

#include <iostream>

#include "bin/command_line.h"
#include "bin/output/lossy_stream.h"

namespace {

// mimalloc gives freed pages back to the kernel after 25 ms, and a busy worker takes them again at once: each time a
// page fault, and an interrupt of every core that runs one of our threads. Its own environment variables go first.
void keep_freed_memory_for_a_while() {
#if defined(PAWL_MIMALLOC) && MI_MALLOC_VERSION < 210             // later ones name these otherwise
  mi_option_set_default(mi_option_decommit_delay, 2000);          // milliseconds, for pages
  mi_option_set_default(mi_option_segment_decommit_delay, 4000);  // and for what held them
#endif
}

// Nor may another process of this user read them from memory.
void keep_passwords_out_of_core_dumps() { prctl(PR_SET_DUMPABLE, 0); }

}  // namespace

int main(int argc, char** argv) {
  keep_freed_memory_for_a_while();
  keep_passwords_out_of_core_dumps();
  pawl::bin::LossyBuffer buffer(STDERR_FILENO);
  std::ostream err(&buffer);
  err << std::unitbuf;
  pawl::bin::Console console{std::cin, std::cout, err};
  console.in_is_terminal = isatty(STDIN_FILENO) == 1;
  console.err_is_terminal = isatty(STDERR_FILENO) == 1;
  return static_cast<int>(pawl::bin::run_command_line(argc, argv, console));
}
