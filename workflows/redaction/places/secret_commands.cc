// Reads on from every word that is a tool's name.
#include "workflows/redaction/places/secret_commands.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "workflows/redaction/places/command_line_tools.h"
#include "workflows/redaction/reading/secret_words.h"

namespace pawl::redaction {

namespace {

using std::string_view;

constexpr std::size_t kCommandMax = 400;  // bytes of a command
constexpr std::size_t kWordsMax = 24;
constexpr std::size_t kNameMax = 20;

// Takes the words off a list that blanks divide.
template <class Visit>
void for_each_word(string_view list, Visit visit) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(' '), list.size());
    visit(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
}

template <class Holds>
bool any_word(string_view list, Holds holds) {
  bool found = false;
  for_each_word(list, [&](string_view word) { found = found || holds(word); });
  return found;
}

using Tools = std::unordered_map<string_view, std::vector<const CommandLineTool*>>;

const Tools& tools_by_name() {
  static const Tools tools = [] {
    Tools by_name;
    for (const CommandLineTool& tool : command_line_tools())
      for_each_word(tool.names, [&](string_view name) { by_name[name].push_back(&tool); });
    return by_name;
  }();
  return tools;
}

// The words of a command as a shell reads them, and as they stand in a list of JSON: `"-p", "x"`.
class Command {
 public:
  Command(string_view text, std::size_t begin) : text_(text.substr(0, std::min(text.size(), begin + kCommandMax))) {
    for (at_ = begin; words_.size() < kWordsMax;) {
      const auto word = next_word();
      if (!word) break;
      words_.push_back(unquoted(*word));
    }
  }

  std::size_t size() const { return words_.size(); }
  string_view word(std::size_t index) const { return slice(words_[index]); }

  // Without quotes, as all words are: what stands behind the first `size` characters of a word, or all of it.
  Range rest_of(std::size_t index, std::size_t size) const {
    return unquoted({words_[index].begin + size, words_[index].end});
  }
  Range whole(std::size_t index) const { return words_[index]; }

 private:
  string_view slice(Range range) const { return text_.substr(range.begin, range.end - range.begin); }
  static bool is_quote(char c) { return c == '"' || c == '\''; }

  Range unquoted(Range word) const {
    if (word.begin < word.end && is_quote(text_[word.begin])) {
      const char quote = text_[word.begin++];
      if (word.begin < word.end && text_[word.end - 1] == quote) --word.end;
    }
    return word;
  }

  std::optional<Range> next_word() {
    const std::size_t begin = std::min(text_.find_first_not_of(" ,[(", at_), text_.size());
    std::size_t end = begin;
    while (end < text_.size() && string_view(" \n|;&)]`").find(text_[end]) == string_view::npos) {
      if (is_quote(text_[end])) {
        if (opens_value(begin, end)) end = behind_quotes(end);
        break;
      }
      ++end;
    }
    at_ = end;
    return end > begin ? std::optional(Range{begin, end}) : std::nullopt;
  }

  // A quote at a word's begin or behind its option: another one ends the command that stands in quotes itself.
  bool opens_value(std::size_t begin, std::size_t quote) const {
    return quote == begin || text_[quote - 1] == '=' || text_[quote - 1] == ':' ||
           (quote == begin + 2 && text_[begin] == '-');
  }
  std::size_t behind_quotes(std::size_t open) const {
    const std::size_t line_end = std::min(text_.find('\n', open), text_.size());
    const std::size_t close = text_.find(text_[open], open + 1);
    return close < line_end ? close + 1 : line_end;
  }

  string_view text_;
  std::size_t at_ = 0;
  std::vector<Range> words_;
};

// `-password` is no `-p` with the value `assword`.
bool is_longer_option(string_view word) {
  constexpr string_view kOthers[] = {"-pass", "-pw", "-pwd", "-port", "-path"};
  return word.starts_with("-password") || word.starts_with("-passphrase") ||
         std::find(std::begin(kOthers), std::end(kOthers), word) != std::end(kOthers);
}

// How long the option is that stands before a value in the same word; 0 where there is none.
std::size_t option_before_value(string_view word, string_view option) {
  const bool attached_only = option.ends_with('*');
  if (attached_only) option.remove_suffix(1);
  if (word.size() <= option.size() || !word.starts_with(option) || is_longer_option(word)) return 0;
  const char next = word[option.size()];
  if (next == '=' || next == ':') return option.size() + 1;
  return attached_only || option.size() == 2 ? option.size() : 0;
}

class Finder {
 public:
  Finder(string_view text, std::vector<Range>& found) : text_(text), found_(found) {}

  void look_at(const CommandLineTool& tool, const Command& command) {
    const auto begin = behind_verb(tool, command);
    if (!begin) return;
    for (std::size_t index = *begin; index < command.size(); ++index)
      for_each_word(tool.options, [&](string_view option) { look_at_option(option, command, index); });
    if (tool.place > 0) keep_place(tool.place, command, *begin);
  }

 private:
  static std::optional<std::size_t> behind_verb(const CommandLineTool& tool, const Command& command) {
    if (tool.verbs.empty()) return 0;
    for (std::size_t index = 0; index < command.size(); ++index)
      if (any_word(tool.verbs, [&](string_view verb) {
            return verb.ends_with('*') ? command.word(index).starts_with(verb.substr(0, verb.size() - 1))
                                       : command.word(index) == verb;
          }))
        return index + 1;
    return std::nullopt;
  }

  void look_at_option(string_view option, const Command& command, std::size_t index) {
    const string_view word = command.word(index);
    if (const std::size_t size = option_before_value(word, option); size > 0)
      keep(command.rest_of(index, size));
    else if (word == option && index + 1 < command.size() && !command.word(index + 1).starts_with('-'))
      keep(command.whole(index + 1));
  }

  void keep_place(std::size_t place, const Command& command, std::size_t begin) {
    for (std::size_t index = begin; index < command.size(); ++index)
      if (!is_option(command.word(index)) && --place == 0) return keep(command.whole(index));
  }

  // `-x`, and `/x` which is no path.
  static bool is_option(string_view word) {
    return word.starts_with('-') || (word.starts_with('/') && word.find('/', 1) == string_view::npos);
  }

  void keep(Range secret) {
    const string_view value = text_.substr(secret.begin, secret.end - secret.begin);
    if (!value.empty() && !is_prose(value)) found_.push_back(secret);
  }

  string_view text_;
  std::vector<Range>& found_;
};

bool is_name_of_tool(char c) { return is_alphanumeric(c) || c == '_' || c == '-' || c == '.'; }

// Behind the name that ends at `end`, if arguments follow: `mysql: server has gone away` is a message of the tool.
std::size_t arguments_behind(string_view text, std::size_t end) {
  if (end < text.size() && (text[end] == '"' || text[end] == '\'')) ++end;
  return end < text.size() && (text[end] == ' ' || text[end] == ',') ? end : string_view::npos;
}

}  // namespace

std::vector<Range> secrets_of_commands(string_view folded) {
  std::vector<Range> found;
  const Tools& tools = tools_by_name();
  for (std::size_t at = 0; at < folded.size();) {
    const std::size_t begin = at;
    while (at < folded.size() && is_name_of_tool(folded[at])) ++at;
    string_view name = folded.substr(begin, at - begin);
    if (name.ends_with(".exe") || name.ends_with(".EXE")) name.remove_suffix(4);
    const auto tool = name.empty() || name.size() > kNameMax ? tools.end() : tools.find(name);
    const std::size_t arguments = tool == tools.end() ? string_view::npos : arguments_behind(folded, at);
    if (arguments != string_view::npos) {
      const Command command(folded, arguments);
      for (const CommandLineTool* one : tool->second) Finder(folded, found).look_at(*one, command);
    }
    ++at;
  }
  return found;
}

}  // namespace pawl::redaction
