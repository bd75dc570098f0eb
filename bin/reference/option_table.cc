// Asks CLI11.
#include "bin/reference/option_table.h"

#include <CLI/CLI.hpp>
#include <sstream>

namespace pawl::bin {

namespace {

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream rest(text);
  for (std::string part; std::getline(rest, part, separator);) parts.push_back(part);
  return parts;
}

// CLI11 writes a set of words as TEXT:{one,two}, with what they stand for as {one->1,two->2}; our choices are one|two.
std::vector<std::string> words_of(const std::string& type) {
  const std::size_t brace = type.find('{');
  if (brace != std::string::npos) {
    std::vector<std::string> words = split(type.substr(brace + 1, type.find('}') - brace - 1), ',');
    for (std::string& word : words) word = word.substr(0, word.find("->"));
    return words;
  }
  return type.find('|') == std::string::npos ? std::vector<std::string>{} : split(type, '|');
}

std::string value_of(const CLI::Option& option, const std::vector<std::string>& words) {
  if (option.get_type_size() == 0) return "";
  if (!words.empty()) return CLI::detail::join(words, "|");
  const std::string type = option.get_type_name();
  return type.substr(0, type.find(':'));
}

OptionRow row_of(const CLI::Option& option) {
  OptionRow row;
  if (option.nonpositional()) {
    for (const std::string& name : option.get_snames()) row.flags.push_back("-" + name);
    for (const std::string& name : option.get_lnames()) row.flags.push_back("--" + name);
  }
  row.name = option.get_single_name();
  row.words = words_of(option.get_type_name());
  row.value = value_of(option, row.words);
  row.meaning = option.get_description();
  row.default_value = option.get_default_str();
  row.variable = option.get_envname();
  row.group = option.get_group();
  row.is_required = option.get_required();
  row.is_repeatable = option.get_expected_max() == CLI::detail::expected_max_vector_size;
  row.given = option.results();
  return row;
}

std::string full_name(const CLI::App& app) {
  return (app.get_parent() ? full_name(*app.get_parent()) + " " : "") + app.get_name();
}

}  // namespace

VerbTable table_of(const CLI::App& app) {
  VerbTable table;
  table.name = full_name(app);
  table.summary = app.get_description();
  table.footer = app.get_footer();
  for (const CLI::Option* option : app.get_options())
    if (!option->get_group().empty())
      (option->nonpositional() ? table.options : table.arguments).push_back(row_of(*option));
  for (const CLI::App* verb : app.get_subcommands([](const CLI::App* one) { return !one->get_group().empty(); }))
    table.verbs.push_back(table_of(*verb));
  return table;
}

std::string default_text(const std::string& meaning, const std::string& default_value) {
  if (default_value.empty()) return "";
  return (meaning.empty() ? "default " : "; default ") + default_value;
}

}  // namespace pawl::bin
