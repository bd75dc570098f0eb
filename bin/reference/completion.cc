// Writes a script a shell. All three first find out which verb stands before the cursor.
#include "bin/reference/completion.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "workflows/text/plain_text.h"

namespace pawl::bin {

namespace {

/// In single quotes, for any of the three shells; a backslash is none of ours.
std::string quoted(const std::string& text) {
  std::string safe = "'";
  for (const char letter : text) safe += letter == '\'' ? "'\\''" : std::string(1, letter);
  return safe + "'";
}

std::string joined(const std::vector<std::string>& words, const std::string& separator) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : separator) + word;
  return text;
}

/// A part of a script that calls its program pawl.
std::string in_place_of_pawl(const VerbTable& program, std::string part) {
  return text::replaced(std::move(part), "pawl", program.name);
}

std::vector<VerbTable> all_of(const VerbTable& program) {
  std::vector<VerbTable> all{program};
  for (const VerbTable& verb : program.verbs)
    for (const VerbTable& one : all_of(verb)) all.push_back(one);
  return all;
}

/// The patterns of a `case` that know every verb below the program: 'pawl mail'|'pawl mail test'.
std::string verb_patterns(const VerbTable& program, const std::string& separator) {
  std::vector<std::string> names;
  for (const VerbTable& verb : all_of(program))
    if (verb.name != program.name) names.push_back(quoted(verb.name));
  return joined(names, separator);
}

/// What bash and zsh have in common: a pattern of verb and flag for each option that takes a value, and what to do. A
/// verb's own option goes before the setting of that name.
std::string value_cases(const VerbTable& program, const std::function<std::string(const OptionRow&)>& action) {
  std::string verbs, settings;
  for (const VerbTable& verb : all_of(program))
    for (const OptionRow& option : verb.options) {
      if (option.value.empty()) continue;
      const bool is_setting = verb.name == program.name;
      std::vector<std::string> patterns;
      for (const std::string& flag : option.flags)
        patterns.push_back(quoted(verb.name) + (is_setting ? "*" : "") + quoted(" " + flag));
      (is_setting ? settings : verbs) += "    " + joined(patterns, "|") + ") " + action(option) + " ;;\n";
    }
  return verbs + settings;
}

std::vector<std::string> flags_of(const VerbTable& verb) {
  std::vector<std::string> flags;
  for (const OptionRow& option : verb.options) flags.insert(flags.end(), option.flags.begin(), option.flags.end());
  return flags;
}

std::string about(const OptionRow& option) {
  return option.meaning + default_text(option.meaning, option.default_value);
}

}  // namespace

std::string bash_completion(const VerbTable& program) {
  std::string text = in_place_of_pawl(program, R"(# Completes pawl's verbs, options and settings in bash.
_pawl() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} verb=pawl words i
  [ "$before" = = ] && before=${COMP_WORDS[COMP_CWORD - 2]}
  [ "$word" = = ] && word= before=${COMP_WORDS[COMP_CWORD - 1]}
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$verb ${COMP_WORDS[i]}" in
      )") + verb_patterns(program, "|") +
                     R"() verb="$verb ${COMP_WORDS[i]}" ;;
    esac
  done
  case "$verb $before" in
)" +
                     value_cases(program,
                                 [](const OptionRow& option) {
                                   const std::string words = quoted(joined(option.words, " "));
                                   return "COMPREPLY=($(compgen -W " + words + " -- \"$word\")); return";
                                 }) +
                     "  esac\n  case \"$verb\" in\n";
  for (const VerbTable& verb : all_of(program)) {
    std::vector<std::string> words = flags_of(verb);
    for (const VerbTable& below : verb.verbs) words.push_back(below.last_word());
    text += "    " + quoted(verb.name) + ") words=" + quoted(joined(words, " ")) + " ;;\n";
  }
  return text + "  esac\n  [ \"$verb\" = " + program.name + " ] || words=\"$words \"" +
         quoted(joined(flags_of(program), " ")) + in_place_of_pawl(program, R"(
  case $word in
    -*) ;;
    *) words=$(printf '%s\n' $words | grep -v ^-) ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _pawl pawl
)");
}

std::string zsh_completion(const VerbTable& program) {
  std::string text = in_place_of_pawl(program, R"(#compdef pawl
# Completes pawl's verbs, options and settings in zsh.
local verb=pawl i
local -a values verbs options settings
for ((i = 2; i < CURRENT; i++)); do
  case "$verb ${words[i]}" in
    )") + verb_patterns(program, "|") +
                     R"() verb="$verb ${words[i]}" ;;
  esac
done
case "$verb ${words[CURRENT-1]}" in
)" +
                     value_cases(program,
                                 [](const OptionRow& option) {
                                   if (option.words.empty()) return std::string("_files; return");
                                   return "values=(" + joined(option.words, " ") + "); _describe value values; return";
                                 }) +
                     "esac\nsettings=(\n";
  const auto described = [](const OptionRow& option) {
    std::string lines;
    for (const std::string& flag : option.flags) lines += "    " + quoted(flag + ":" + about(option)) + "\n";
    return lines;
  };
  for (const OptionRow& option : program.options) text += described(option);
  text += ")\ncase \"$verb\" in\n";
  for (const VerbTable& verb : all_of(program)) {
    text += "  " + quoted(verb.name) + ") verbs=(\n";
    for (const VerbTable& below : verb.verbs) text += "    " + quoted(below.last_word() + ":" + below.summary) + "\n";
    text += "  ); options=(\n";
    if (verb.name != program.name)
      for (const OptionRow& option : verb.options) text += described(option);
    text += "  ) ;;\n";
  }
  return text + R"(esac
if [[ ${words[CURRENT]} == -* ]]; then
  _describe -o option options -- settings
elif (( $#verbs )); then
  _describe verb verbs
else
  _files
fi
)";
}

std::string fish_completion(const VerbTable& program) {
  std::string text = in_place_of_pawl(program, R"(# Completes pawl's verbs, options and settings in fish.
function __pawl_verb
    set -l verb pawl
    for word in (commandline -opc)[2..]
        switch "$verb $word"
            case )") +
                     verb_patterns(program, " ") +
                     R"(
                set verb "$verb $word"
        end
    end
    echo $verb
end
)";
  const auto line = [&](const VerbTable& verb, const std::string& what, const std::string& meaning) {
    const bool is_everywhere = verb.name == program.name && !what.starts_with(" -f");  // a setting
    const std::string when =
        is_everywhere ? "" : " -n \"test (__" + program.name + "_verb) = " + quoted(verb.name) + "\"";
    text += "complete -c " + program.name + when + what + " -d " + quoted(meaning) + "\n";
  };
  for (const VerbTable& verb : all_of(program)) {
    for (const VerbTable& below : verb.verbs) line(verb, " -f -a " + below.last_word(), below.summary);
    for (const OptionRow& option : verb.options) {
      std::string what;
      for (const std::string& flag : option.flags)
        what += flag.starts_with("--") ? " -l " + flag.substr(2) : " -s " + flag.substr(1);
      if (!option.words.empty())
        what += " -x -a " + quoted(joined(option.words, " "));
      else if (!option.value.empty())
        what += " -r";
      line(verb, what, about(option));
    }
  }
  return text;
}

}  // namespace pawl::bin
