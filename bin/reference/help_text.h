// How `--help` lays out a verb: what it is, its verbs and arguments, and only then the long list of settings.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace pawl::bin {

class HelpText final : public CLI::Formatter {
 public:
  HelpText();
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override;
  std::string make_option_opts(const CLI::Option* option) const override;
  std::string make_option_desc(const CLI::Option* option) const override;
};

}  // namespace pawl::bin
