// What libraries print on the C stream stderr, as log lines.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "bin/worker/log.h"

namespace pawl::bin {

/// While it lives, what libpq says of a collation version, a password file and the like is logged, each text once,
/// instead of standing raw between the lines of a log. One at a time; `log` outlives it, and so do all threads that may
/// print.
class LibraryOutput {
 public:
  explicit LibraryOutput(Log& log);
  ~LibraryOutput();
  LibraryOutput(const LibraryOutput&) = delete;

 private:
  static ssize_t take(void* self, const char* text, std::size_t size);

  Log& log_;
  std::vector<std::string> reported_;
  std::FILE* const before_;
};

}  // namespace pawl::bin
