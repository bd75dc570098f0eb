// Writes roff.
#include "bin/reference/man_page.h"

#include <algorithm>
#include <cctype>
#include <sstream>

#include "bin/settings/version.h"

namespace pawl::bin {

namespace {

/// Text that roff neither reads as a request nor prints with typographic dashes.
std::string escaped(const std::string& text) {
  std::string safe;
  for (const char letter : text) {
    if ((letter == '.' || letter == '\'') && (safe.empty() || safe.back() == '\n')) safe += "\\&";
    if (letter == '\\')
      safe += "\\e";
    else if (letter == '-')
      safe += "\\-";
    else
      safe += letter;
  }
  return safe;
}

std::string bold(const std::string& text) { return "\\fB" + escaped(text) + "\\fR"; }
std::string italic(const std::string& text) { return "\\fI" + escaped(text) + "\\fR"; }

std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char letter) { return std::toupper(letter); });
  return text;
}

std::string program_of(const VerbTable& verb) { return verb.name.substr(0, verb.name.find(' ')); }

std::string page_name(const VerbTable& verb) {
  std::string name = verb.name;
  std::ranges::replace(name, ' ', '-');
  return name;
}

std::string heading(const std::string& page, int section) {
  return ".TH " + upper(page) + " " + std::to_string(section) + " \"\" \"pawl " + kVersion + "\" \"pawl\"\n";
}

std::string synopsis(const VerbTable& verb) {
  std::string line = ".B " + escaped(verb.name) + "\n";
  if (!verb.options.empty()) line += "[" + italic("OPTIONS") + "]\n";
  if (!verb.verbs.empty()) line += italic("VERB") + " [" + italic("ARGUMENTS") + "]\n";
  for (const OptionRow& argument : verb.arguments) {
    const std::string name = italic(argument.name) + (argument.is_repeatable ? "..." : "");
    line += (argument.is_required ? name : "[" + name + "]") + "\n";
  }
  return line;
}

std::string meaning(const OptionRow& option) {
  std::string text = escaped(option.meaning + default_text(option.meaning, option.default_value)) + "\n";
  if (!option.variable.empty()) text += ".br\nEnvironment: " + bold(option.variable) + "\n";
  return text;
}

std::string option_text(const OptionRow& option) {
  std::string names;
  for (const std::string& flag : option.flags) names += (names.empty() ? "" : ", ") + bold(flag);
  if (names.empty()) names = italic(option.name);
  if (!option.value.empty() && !option.flags.empty()) names += " " + italic(option.value);
  return ".TP\n" + names + "\n" + meaning(option);
}

/// Each group under a heading of its own, in the order of the table.
std::string option_groups(const std::vector<OptionRow>& options) {
  std::string text, group;
  for (const OptionRow& option : options) {
    if (option.group != group) text += ".SH " + upper(option.group) + "\n";
    group = option.group;
    text += option_text(option);
  }
  return text;
}

/// Paragraphs; one that begins with a word and a colon on a line of its own has that as a heading, and its lines stay.
std::string footer_text(const std::string& footer) {
  std::string text;
  std::istringstream lines(footer);
  bool is_list = false, is_first = true;  // of its paragraph
  for (std::string line; std::getline(lines, line);) {
    if (line.ends_with(':') && line.find(' ') == std::string::npos) {
      text += ".SH " + upper(line.substr(0, line.size() - 1)) + "\n.nf\n";
      is_list = true;
    } else if (line.empty()) {
      text += is_list ? ".fi\n.SH NOTES\n" : ".PP\n";
      is_list = false;
    } else {
      text += (is_list || is_first ? "" : ".br\n") + escaped(line) + "\n";
    }
    is_first = line.empty();
  }
  return is_list ? text + ".fi\n" : text;
}

}  // namespace

std::string man_page(const VerbTable& verb) {
  const std::string page = page_name(verb);
  const bool is_program = verb.name == verb.last_word();
  std::string text =
      heading(page, 1) + ".SH NAME\n" + escaped(page + " - " + verb.summary) + "\n.SH SYNOPSIS\n" + synopsis(verb);
  if (!verb.verbs.empty()) text += ".SH VERBS\n";
  for (const VerbTable& below : verb.verbs) {
    text += ".TP\n" + bold(below.last_word()) + "\n" + escaped(below.summary) + "\n";
    if (is_program) text += "See " + bold(page_name(below)) + "(1).\n";
  }
  if (!is_program)
    for (const VerbTable& below : verb.verbs) {
      text += ".SH " + upper(below.name) + "\n" + synopsis(below);
      for (const OptionRow& argument : below.arguments) text += option_text(argument);
      for (const OptionRow& option : below.options) text += option_text(option);
    }
  if (!verb.arguments.empty()) text += ".SH ARGUMENTS\n";
  for (const OptionRow& argument : verb.arguments) text += option_text(argument);
  text += option_groups(verb.options) + footer_text(verb.footer);
  return text + ".SH SEE ALSO\n" + (is_program ? "" : bold(program_of(verb)) + "(1),\n") +
         bold(program_of(verb) + ".ini") + "(5)\n";
}

std::string config_man_page(const VerbTable& program) {
  const std::string file = program.name + ".ini";
  std::string text = heading(file, 5) + ".SH NAME\n" + escaped(file) + " \\- settings of " + escaped(program.name) +
                     "\n.SH SYNOPSIS\n.B " + escaped("/etc/" + program.name + "/" + file) +
                     "\n.SH DESCRIPTION\n"
                     "What the option \\fB\\-\\-config\\fR names: lines of \\fIkey\\fR = \\fIvalue\\fR, without "
                     "sections. A value with blanks or commas stands in double quotes; a line that begins with # is a "
                     "comment.\n"
                     "A flag goes before the environment, and the environment before this file.\n";
  std::string group;
  for (const OptionRow& option : program.options) {
    if (option.variable.empty() || option.name == "config") continue;
    if (option.group != group) text += ".SH " + upper(option.group) + "\n";
    group = option.group;
    text += ".TP\n" + bold(option.name) + " = " + italic(option.value) + "\n" + meaning(option);
  }
  return text + ".SH SEE ALSO\n" + bold(program.name) + "(1)\n";
}

}  // namespace pawl::bin
