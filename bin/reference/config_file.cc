// Writes INI that read_config_file() takes.
#include "bin/reference/config_file.h"

namespace pawl::bin {

std::string config_file(const VerbTable& program) {
  std::string text = "# The settings of " + program.name + ", as in " + program.name +
                     ".ini(5). Those that are comments are off, or at the default shown.\n"
                     "# A flag or an environment variable goes before what is here. Values stand in double quotes.\n";
  std::string group;
  for (const OptionRow& option : program.options) {
    if (option.variable.empty() || option.name == "config") continue;
    if (option.group != group) text += "\n#### " + option.group + "\n";
    group = option.group;
    text += "\n# " + option.meaning + (option.words.empty() ? "" : " (" + option.value + ")") + "\n";
    const std::string value = option.given.empty() ? option.default_value : option.given.front();
    text += (option.given.empty() ? "#" : "") + option.name + " = \"" + value + "\"\n";
  }
  return text;
}

}  // namespace pawl::bin
