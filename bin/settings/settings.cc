// The default that needs more than a value.
#include "bin/settings/settings.h"

#include <cstdlib>

#include "bin/operations/runs/command_error.h"

namespace pawl::bin {

std::string default_checkpoints_path() {
  if (const char* state = std::getenv("XDG_STATE_HOME"); state && *state)
    return std::string(state) + "/pawl/checkpoints.db";
  if (const char* home = std::getenv("HOME"); home && *home)
    return std::string(home) + "/.local/state/pawl/checkpoints.db";
  throw UsageError("cannot place the checkpoint file: neither HOME nor XDG_STATE_HOME is set; set PAWL_CHECKPOINTS");
}

std::string checkpoints_path(const std::string& setting) {
  return setting.empty() ? default_checkpoints_path() : setting;
}

}  // namespace pawl::bin
