// One verb of the command line: declares its arguments when made, then runs with them.
#pragma once

#include "bin/output/console.h"
#include "bin/settings/exit_code.h"
#include "bin/settings/settings.h"

namespace pawl::bin {

class Verb {
 public:
  virtual ~Verb() = default;
  /// Throws UsageError, NotFoundError or engine::Error; the message is all that the user sees.
  virtual ExitCode run(const Settings& settings, Console& console) = 0;
};

}  // namespace pawl::bin
