// Goes through the tags once; what is between them is kept, but for the elements that nobody reads.
#include "workflows/text/html_text.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "workflows/text/ascii.h"
#include "workflows/text/html_entity.h"
#include "workflows/text/plain_text.h"
#include "workflows/text/utf8.h"

namespace pawl::text {

namespace {

using std::string_view;

constexpr std::array kInline = {"a", "abbr",  "b",    "bdi",    "code", "em",  "font", "i", "mark",
                                "s", "small", "span", "strong", "sub",  "sup", "tt",   "u"};
constexpr std::array kBlocks = {"blockquote", "center", "div", "h1",  "h2",    "h3", "h4", "h5", "h6",
                                "li",         "ol",     "p",   "pre", "table", "td", "tr", "ul"};
constexpr std::array kBreaks = {"br", "hr"};
constexpr std::array kUnread = {"script", "style", "noscript", "template", "svg"};

constexpr std::size_t kNameMax = 16;  // of the elements above

bool same(string_view a, string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return text::to_lower(x) == text::to_lower(y); });
}

std::size_t find(string_view text, string_view word, std::size_t from = 0) {
  const auto at = std::search(text.begin() + static_cast<std::ptrdiff_t>(std::min(from, text.size())), text.end(),
                              word.begin(), word.end(), [](char x, char y) { return text::to_lower(x) == y; });
  return at == text.end() ? string_view::npos : static_cast<std::size_t>(at - text.begin());
}

bool is_page(string_view text) {
  const std::size_t start = text.find_first_not_of(" \t\r\n");
  if (start == string_view::npos) return false;
  const string_view front = text.substr(start, 14);
  return same(front.substr(0, 9), "<!doctype") || same(front.substr(0, 5), "<html") ||
         find(text, "<body") != string_view::npos || find(text, "<html") != string_view::npos;
}

template <class Names>
bool among(string_view name, const Names& names) {
  return std::any_of(names.begin(), names.end(), [&](string_view known) { return same(name, known); });
}

// XML may have elements of the same names; what it says of itself comes first.
bool holds_piece(string_view text) {
  if (text.starts_with("<?xml")) return false;
  std::array<bool, kBlocks.size()> open{};
  for (std::size_t at = text.find('<'); at != string_view::npos; at = text.find('<', at + 1)) {
    const bool closes = text.substr(at + 1).starts_with('/');
    const string_view rest = text.substr(at + (closes ? 2 : 1), kNameMax + 1);
    const string_view name = rest.substr(0, rest.find_first_of(" \t\r\n/>"));
    if (name.size() == rest.size()) continue;  // it has no end, or is none of those
    if (!closes && among(name, kBreaks)) return true;
    const auto* const block = std::ranges::find_if(kBlocks, [&](const char* known) { return same(name, known); });
    if (block == kBlocks.end()) continue;
    bool& is_open = open.at(static_cast<std::size_t>(block - kBlocks.begin()));
    if (closes && is_open) return true;
    is_open |= !closes;
  }
  return false;
}

class Page {
 public:
  Page(string_view text, bool keeps_lines) : rest_(text), keeps_lines_(keeps_lines) {}

  std::string words() {
    while (!rest_.empty()) {
      const std::size_t tag = rest_.find('<');
      add(rest_.substr(0, tag));
      if (tag == string_view::npos) break;
      rest_.remove_prefix(tag);
      take_tag();
    }
    return plain_lines(words_);
  }

 private:
  void add(string_view text) {
    for (std::size_t at = 0; at < text.size(); ++at) {
      const char c = text[at];
      if (!keeps_lines_ && (c == '\n' || c == '\r' || c == '\t'))
        words_ += ' ';
      else if (c != '&' || !add_entity(text, at))
        words_ += c;
    }
  }

  // Moves `at` to the entity's semicolon.
  bool add_entity(string_view text, std::size_t& at) {
    const HtmlEntity entity = html_entity(text.substr(at + 1));
    if (entity.length == 0) return false;
    text::append_code_point(words_, entity.character);
    at += entity.length;
    return true;
  }

  // `rest_` begins with '<'. What is no tag is text.
  void take_tag() {
    if (rest_.starts_with("<!--")) return skip_past("-->");
    const bool closes = rest_.size() > 1 && rest_[1] == '/';
    const std::size_t begin = closes ? 2 : 1;
    const std::size_t end = std::min(rest_.find_first_of(" \t\r\n/>", begin), rest_.size());
    const string_view name = rest_.substr(begin, end - begin);
    const bool is_tag =
        !name.empty() && ((text::to_lower(name[0]) >= 'a' && text::to_lower(name[0]) <= 'z') || name[0] == '!');
    if (!is_tag) {
      words_ += '<';
      return rest_.remove_prefix(1);
    }
    skip_past(">");
    if (!closes && among(name, kUnread)) {
      skip_past("</" + std::string(name));
      return skip_past(">");
    }
    if (!among(name, kInline)) words_ += '\n';
  }

  void skip_past(const std::string& mark) {
    const std::size_t at = find(rest_, text::lower_cased(mark));
    rest_.remove_prefix(at == string_view::npos ? rest_.size() : at + mark.size());
  }

  string_view rest_;
  const bool keeps_lines_;
  std::string words_;
};

// A block ends its line; blocks within blocks end it several times.
std::string one_line_a_block(const std::string& words) {
  std::string lines;
  for (std::size_t at = 0; at < words.size();) {
    const std::size_t end = std::min(words.find('\n', at), words.size());
    const std::string line = plain_line(string_view(words).substr(at, end - at));
    if (!line.empty()) lines += (lines.empty() ? "" : "\n") + line;
    at = end + 1;
  }
  return lines;
}

std::string without_empty_lines(const std::string& words) {
  std::string lines;
  for (std::size_t at = 0; at < words.size();) {
    const std::size_t end = std::min(words.find('\n', at), words.size());
    const string_view line = string_view(words).substr(at, end - at);
    if (line.find_first_not_of(' ') != string_view::npos) lines.append(lines.empty() ? "" : "\n").append(line);
    at = end + 1;
  }
  return lines;
}

}  // namespace

std::string readable(std::string text) {
  const bool page = is_page(text);
  if (!page && !holds_piece(text)) return text;
  std::string words = Page(text, !page).words();
  words = page ? one_line_a_block(words) : without_empty_lines(words);
  return words.empty() ? text : words;
}

}  // namespace pawl::text
