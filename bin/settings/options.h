// Declares the settings as command line options and fills in what the config file says.
#pragma once

#include <string>

#include "bin/settings/settings.h"

namespace CLI {
class App;
}

namespace pawl::bin {

/// Each setting has one name: `--mail-from`, `mail-from` in the file, `PAWL_MAIL_FROM` in the environment. Parsing the
/// application fills `settings` from flags, then from the environment.
void add_settings(CLI::App& app, Settings& settings);

/// Fills in what neither a flag nor the environment gave, after parsing: precedence is flag, environment, file,
/// default. INI or TOML, flat. Throws UsageError for an unreadable file, an unknown key or a wrong value.
void read_config_file(CLI::App& app, const std::string& path);

}  // namespace pawl::bin
