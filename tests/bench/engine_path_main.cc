// The engine path as a program of its own, for callgrind: bench_engine_path EVENTS.
#include <cstdio>
#include <cstdlib>

#include "tests/bench/engine_path.h"

int main(int argc, char** argv) {
  const int events = argc == 2 ? std::atoi(argv[1]) : 0;
  if (events <= 0) {
    std::fprintf(stderr, "usage: %s EVENTS\n", argv[0]);
    return 2;
  }
  pawl::bench::run_engine_path(events);
  return 0;
}
