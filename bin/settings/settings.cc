// The defaults and demands that need more than a value.
#include "bin/settings/settings.h"

#include <cstdlib>

#include "bin/settings/command_error.h"

namespace pawl::bin {

std::string default_checkpoints_path() {
  if (const char* state = std::getenv("XDG_STATE_HOME"); state && *state)
    return std::string(state) + "/pawl/checkpoints.db";
  if (const char* home = std::getenv("HOME"); home && *home)
    return std::string(home) + "/.local/state/pawl/checkpoints.db";
  throw UsageError("cannot place the checkpoint file: neither HOME nor XDG_STATE_HOME is set; set PAWL_CHECKPOINTS");
}

void require_worker_settings(const Settings& settings) {
  std::string missing;
  const auto demand = [&](const std::string& value, const char* sentence) {
    if (value.empty()) missing += std::string("\n  ") + sentence;
  };
  demand(settings.mail,
         "PAWL_MAIL (--mail): where mail goes: smtp://[USER@]HOST[:PORT], smtps://[USER@]HOST[:PORT] or maildir:PATH");
  demand(settings.mail_from, "PAWL_MAIL_FROM (--mail-from): the sender's address, like alerts@example.com");
  demand(settings.app_url,
         "PAWL_APP_URL (--app-url): where the application is, like https://app.example.com; links start with it");
  if (!missing.empty()) throw UsageError("worker is not configured: missing" + missing);
}

}  // namespace pawl::bin
