// Where the value of each setting came from.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "bin/settings/settings.h"

namespace CLI {
class App;
}

namespace pawl::bin {

/// The settings that have a value by now, by name.
std::set<std::string> given_settings(const CLI::App& app);

/// Of every setting: after parsing `words`, which are the arguments, and after the config file, before which
/// `before_file` had values.
std::vector<SettingSource> setting_sources(const CLI::App& app, const std::vector<std::string>& words,
                                           const std::set<std::string>& before_file);

}  // namespace pawl::bin
