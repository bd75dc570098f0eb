// Tells flag, environment, file and default apart: CLI11 keeps the value, not its source.
#include "bin/settings/setting_sources.h"

#include <CLI/CLI.hpp>
#include <algorithm>

namespace pawl::bin {

namespace {

bool is_setting(const CLI::Option& option) { return !option.get_envname().empty(); }

bool is_flag_of(const CLI::Option& option, const std::string& word) {
  if (!word.starts_with('-')) return false;
  if (word.starts_with("--")) {
    const std::string name = word.substr(2, word.find('=') - 2);
    return option.check_lname(name);
  }
  return word.size() > 1 && option.check_sname(word.substr(1, 1));
}

std::string value_of(const CLI::Option& option) {
  if (option.count() == 0) return option.get_default_str();
  std::string text;
  for (const std::string& result : option.results()) text += (text.empty() ? "" : ",") + result;
  return text;
}

}  // namespace

std::set<std::string> given_settings(const CLI::App& app) {
  std::set<std::string> given;
  for (const CLI::Option* option : app.get_options())
    if (is_setting(*option) && option->count() > 0) given.insert(option->get_single_name());
  return given;
}

std::vector<SettingSource> setting_sources(const CLI::App& app, const std::vector<std::string>& words,
                                           const std::set<std::string>& before_file) {
  std::vector<SettingSource> sources;
  for (const CLI::Option* option : app.get_options()) {
    if (!is_setting(*option)) continue;
    const std::string name = option->get_single_name();
    const bool by_flag = std::ranges::any_of(words, [&](const auto& word) { return is_flag_of(*option, word); });
    const std::string source = option->count() == 0          ? "default"
                               : !before_file.contains(name) ? "file"
                               : by_flag                     ? "flag"
                                                             : "environment";
    sources.push_back({name, value_of(*option), source});
  }
  return sources;
}

}  // namespace pawl::bin
