// Fills in lines of examples, one by one.
#include "bin/settings/examples.h"

#include <array>
#include <sstream>
#include <utility>

#include "bin/output/program_name.h"

namespace pawl::bin {

namespace {

/// False where it names what is empty.
bool filled_in(std::string& line, std::string_view name, const std::string& value) {
  const std::size_t at = line.find(name);
  if (at == std::string::npos) return true;
  line.replace(at, name.size(), value);
  return !value.empty();
}

}  // namespace

std::string Examples::in(std::string_view lines) const {
  const std::array<std::pair<std::string_view, std::string>, 3> names{{
      {"{workflow}", workflow},
      {"{step}", step},
      {"{mail}", mails ? "mail" : ""},
  }};
  std::string text;
  std::istringstream rest{std::string(lines)};
  for (std::string line; std::getline(rest, line);) {
    bool is_whole = true;
    filled_in(line, "{settings}", settings.empty() ? "" : settings + "\\\n    ");
    for (const auto& [name, value] : names) is_whole = filled_in(line, name, value) && is_whole;
    if (is_whole) text.append(text.empty() ? "" : "\n").append(line);
  }
  return commands_in_name_of(program, std::move(text));
}

}  // namespace pawl::bin
