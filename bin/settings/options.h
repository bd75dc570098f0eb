// Declares the settings as command line options and fills in what the config file says.
#pragma once

#include <string>
#include <vector>

#include "bin/settings/settings.h"
#include "workflows/module/setting.h"

namespace CLI {
class App;
}

namespace pawl::bin {

/// What a workflow, or a part that workflows share, declares.
struct SettingGroup {
  std::string heading;
  std::string workflow;  ///< Whose `retries` these are.
  std::vector<workflow::Setting> settings;
  std::vector<workflow::StepRetry> retries;
};

struct BroughtSettings {
  std::string workflows = "none";  ///< Names of all that may run.
  std::vector<SettingGroup> groups;
};

/// `PAWL_MAIL_FROM` for `mail-from`, with or without the dashes of its flag.
std::string environment_name(const std::string& flag);

/// Each setting has one name: `--mail-from`, `mail-from` in the file, `PAWL_MAIL_FROM` in the environment. Parsing the
/// application fills `settings`, and what `brought` points to, from flags, then from the environment.
void add_settings(CLI::App& app, Settings& settings, const BroughtSettings& brought = {});

/// Fills in what neither a flag nor the environment gave, after parsing: precedence is flag, environment, file,
/// default. INI or TOML, flat. Throws UsageError for an unreadable file, an unknown key or a wrong value.
void read_config_file(CLI::App& app, const std::string& path);

}  // namespace pawl::bin
