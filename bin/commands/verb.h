// One verb of the command line: declares its arguments when made, then runs with them.
#pragma once

#include "pawl/bin/output/console.h"
#include "pawl/bin/settings/exit_code.h"
#include "pawl/bin/settings/settings.h"

namespace pawl::bin {

class Verb {
 public:
  virtual ~Verb() = default;
  /// Throws UsageError, NotFoundError or engine::Error; the message is all that the user sees.
  virtual ExitCode run(const Settings& settings, Console& console) = 0;
};

}  // namespace pawl::bin
