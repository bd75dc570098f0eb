// The command line as data: every verb and option with its words, read from what CLI11 was told. This folder writes all
// that is generated about the command line from it: help, man pages, completions and the config file.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace pawl::bin {

struct OptionRow {
  std::vector<std::string> flags;  ///< With their dashes, short ones first; empty: it is an argument.
  std::string name;                ///< Of an argument: RUN; of an option its long flag without dashes.
  std::string value;               ///< What it takes, like DURATION; empty: nothing.
  std::vector<std::string> words;  ///< All values that it takes; empty: any.
  std::string meaning;
  std::string default_value;
  std::string variable;  ///< Empty: it is no setting.
  std::string group;
  bool is_required = false;
  bool is_repeatable = false;
  std::vector<std::string> given;  ///< On the command line that was parsed, or by its variable.
};

struct VerbTable {
  std::string name;  ///< Like `pawl mail test`.
  std::string summary;
  std::string footer;                ///< Examples and notes.
  std::vector<OptionRow> arguments;  ///< In their order.
  std::vector<OptionRow> options;    ///< Those of the program itself are its settings.
  std::vector<VerbTable> verbs;      ///< Without hidden ones.

  std::string last_word() const { return name.substr(name.rfind(' ') + 1); }
};

/// Of the program or of one of its verbs.
VerbTable table_of(const CLI::App& app);

/// The last part of an option's meaning: `; default 30s`, or nothing.
std::string default_text(const std::string& meaning, const std::string& default_value);

}  // namespace pawl::bin
