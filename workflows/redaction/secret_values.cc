// A cursor over the folded text, and a function for each notation.
#include "workflows/redaction/secret_values.h"

#include <re2/re2.h>

#include <algorithm>

#include "workflows/redaction/secret_words.h"

namespace pawl::redaction {

namespace {

using std::string_view;

constexpr auto kNotFound = string_view::npos;
constexpr string_view kBlanks = " \n";
constexpr string_view kQuotes = "\"'`";
constexpr string_view kValueEnds = " \n\"'`&;,<|";  // few, since a password may hold brackets
constexpr std::size_t kNear = 200;                  // how far a name, its tag's end and its pair's value stand apart
constexpr std::size_t kNestedMax = 3;               // elements between a name's tag and its text

class Cursor {
 public:
  Cursor(const FoldedText& folded, Range name) : folded_(folded), text_(folded.text), name_(name) {}

  std::optional<NamedValue> value() const {
    if (is_tag()) return in_tag(name_.end);
    if (const std::size_t start = after_decorated_sign(); start != kNotFound) return at_sign(start);
    const std::size_t after = skip("\"'`])", name_.end);
    const std::size_t next = skip(kBlanks, after);
    if (next == text_.size()) return std::nullopt;
    const std::size_t signed_at = after_sign(next, after);
    const bool label = is_label(signed_at != kNotFound || goes_on_in_line(after, next));
    if (signed_at != kNotFound && !label) return at_sign(signed_at);
    if (label || (after > name_.end && is_quote(text_[name_.end]))) return of_pair(after);
    if (const auto tuple = of_tuple(after)) return tuple;
    if (next == after) return std::nullopt;
    if (text_.substr(name_.begin, name_.end - name_.begin).starts_with("--")) return at_sign(next);
    return after_words(next, after == name_.end);
  }

 private:
  static bool is_quote(char c) { return kQuotes.find(c) != kNotFound; }
  std::size_t or_end(std::size_t found) const { return found == kNotFound ? text_.size() : found; }
  std::size_t skip(string_view set, std::size_t at) const { return or_end(text_.find_first_not_of(set, at)); }
  bool stands(string_view piece, std::size_t at) const {
    return text_.substr(std::min(at, text_.size())).starts_with(piece);
  }
  char at(std::size_t where) const { return where < text_.size() ? text_[where] : '\n'; }
  char before(std::size_t where) const { return where > 0 ? text_[where - 1] : '\n'; }

  bool goes_on_in_line(std::size_t after_name, std::size_t next) const {
    return next > after_name && at(next) != '<' && text_.substr(after_name, next - after_name).find('\n') == kNotFound;
  }

  // Behind a sign that is dressed up: `**Password:** x`, `<b>Password</b>: <code>x`, `password .....: x`, `Password >>
  // x`.
  std::size_t after_decorated_sign() const {
#define PAWL_CLOSERS "(?:[*_~]{1,3}|</(?:b|strong|i|em|u|code|kbd|span|label|font|mark|small|p|h\\d|dt)>)"
#define PAWL_OPENERS "(?:[*_~]{1,3}|<(?:b|strong|i|em|u|code|kbd|tt|span|font|mark|small|p|dd|br|pre)\\b[^<>]{0,60}>)"
    static const RE2 sign(
        "(?i)^(?:[\"'`)\\]]? ?(?:" PAWL_CLOSERS "+ ?(?::|=|-{1,2}|->|=>|\\|)[ \\n]*" PAWL_OPENERS
        "*|[:=] ?" PAWL_CLOSERS "+[ \\n]*" PAWL_OPENERS "*|[:=] ?" PAWL_OPENERS
        "+)[ \\n]*| ?(?:\\.{3,}|_{3,}|-{2,}>|-{4,}|={3,}>?|~|>{2,}|\xC2\xB7|<-|<{3}|\xE2\x80\xA6) ?[:=]?>? ?)()"
        "[^\\s*_~]");
#undef PAWL_CLOSERS
#undef PAWL_OPENERS
    const string_view window = text_.substr(name_.end, kNear);
    re2::StringPiece start;
    if (!RE2::PartialMatch({window.data(), window.size()}, sign, &start)) return kNotFound;
    return name_.end + static_cast<std::size_t>(start.data() - window.data());
  }

  // Behind the sign at `sign`, if there is one: `=`, `: `, ` => `, `::`, ` | ` in a table, `#`, `!=`, a Lisp pair's ` .
  // `.
  std::size_t after_sign(std::size_t sign, std::size_t after_name) const {
    if (sign == after_name && (at(sign) == '#' || (at(sign) == '(' && is_quote(at(sign + 1))))) return sign + 1;
    if (at(sign) == '|')
      return text_.substr(after_name, sign - after_name).find('\n') == kNotFound ? skip(" ", sign + 1) : kNotFound;
    if (stands("->", sign) || stands("!=", sign)) return skip(kBlanks, skip("=", sign + 2));
    if (at(sign) == '.' && at(sign + 1) == ' ' && is_quote(at(sign + 2))) return sign + 2;
    if (at(sign) != ':' && at(sign) != '=') return kNotFound;
    if (stands("://", sign)) return kNotFound;
    return skip(kBlanks, std::min(or_end(text_.find_first_not_of(":=>", sign)), sign + 4));
  }

  std::optional<NamedValue> at_sign(std::size_t start) const {
    start = after_yaml_tags(after_declared_type(start));
    if (const auto block = yaml_block(start)) return block;
    start = after_type(after_environment(skip_list_sign(start)));
    if (start >= text_.size()) return std::nullopt;
    if (is_name_below(start)) return std::nullopt;
    if (const auto enclosed = enclosed_at(start)) return NamedValue{Separator::kSign, true, *enclosed};
    const std::size_t end = end_of_word(start, folded_.depth[name_end_depth()]);
    if (crosses_line(start) && is_next_name(end)) return std::nullopt;
    return NamedValue{Separator::kSign, false, {start, end}};
  }

  std::size_t name_end_depth() const { return std::min(name_.end, text_.size() - 1); }
  bool crosses_line(std::size_t start) const {
    return text_.substr(name_.end, start - name_.end).find('\n') != kNotFound;
  }
  // `password` alone in its line, and `"secret": "x"` in the next.
  bool is_name_below(std::size_t start) const {
    if (!is_quote(at(start)) || !crosses_line(start)) return false;
    const std::size_t sign = skip(" ", quoted(start).end + 1);
    return at(sign) == ':' || at(sign) == '=';
  }
  bool is_next_name(std::size_t end) const { return before(end) == ':' || at(skip(" ", end)) == '='; }
  std::size_t skip_list_sign(std::size_t start) const {
    return stands("- ", start) && before(start) == '\n' ? start + 2 : start;
  }

  // `password: |` and the lines below it, until a line that begins with a name.
  std::optional<NamedValue> yaml_block(std::size_t start) const {
    if (at(start) != '|' && before(start) != '>' && before(start) != '|' && at(start) != '>') return std::nullopt;
    std::size_t lines = at(start) == '|' || at(start) == '>' ? start + 1 : start;
    while (string_view("+-0123456789").find(at(lines)) != kNotFound) ++lines;
    if (at(skip(" ", lines)) != '\n') return std::nullopt;
    const std::size_t begin = skip(kBlanks, lines);
    std::size_t end = begin;
    while (end < text_.size()) {
      const std::size_t word = or_end(text_.find_first_not_of(" \n", end));
      const std::size_t word_end = or_end(text_.find_first_of(" \n", word));
      if (word > begin && before(word_end) == ':' && text_.substr(end, word - end).find('\n') != kNotFound) break;
      const std::size_t line_end = or_end(text_.find('\n', word));
      end = line_end;
    }
    return NamedValue{Separator::kSign, true, {begin, end}};
  }

  // `&anchor`, `!vault`
  std::size_t after_yaml_tags(std::size_t start) const {
    static const RE2 tags("^(?:[&!][A-Za-z!][\\w:/.-]{0,40} )+");
    re2::StringPiece match[1];
    const string_view window = text_.substr(std::min(start, text_.size()), kNear);
    if (!tags.Match({window.data(), window.size()}, 0, window.size(), RE2::ANCHOR_START, match, 1)) return start;
    return start + match[0].size();
  }

  // `env('DB_PASSWORD', 'x')`, whose first argument is another name.
  std::size_t after_environment(std::size_t start) const {
    static const RE2 call(
        "(?i)^(?:\\w+\\.)*(?:get_?)?env(?:iron)?\\w*(?:\\.get)?\\(\\s*[\"']\\w+[\"']\\s*(?:,\\s*()[\"'])?");
    const string_view window = text_.substr(std::min(start, text_.size()), kNear);
    re2::StringPiece value;
    if (!RE2::PartialMatch({window.data(), window.size()}, call, &value)) return start;
    return value.data() == nullptr ? text_.size() : start + static_cast<std::size_t>(value.data() - window.data());
  }

  // `PASSWORD: &str = "x"`, `password: string = 'x'`
  std::size_t after_declared_type(std::size_t start) const {
    static const RE2 type("^[&*]?(?:'\\w+ )?[\\w.<>\\[\\]?]{1,24} ?:?= ?()[\"'`]");
    re2::StringPiece value;
    const string_view window = text_.substr(std::min(start, text_.size()), kNear);
    if (!RE2::PartialMatch({window.data(), window.size()}, type, &value)) return start;
    return start + static_cast<std::size_t>(value.data() - window.data());
  }

  // A type before a quoted value: `string(17) "x"`, `SecretStr('x')`, `Some("x")`, `b'x'`.
  std::size_t after_type(std::size_t start) const {
    if (stands("<<", start) && is_quote(at(start + 2))) return start + 2;  // of Erlang
    std::size_t end = start;
    while (end < start + 24 && (is_alphanumeric(at(end)) || at(end) == '_' || at(end) == '@' || at(end) == '!')) ++end;
    if (end <= start + 2 && is_quote(at(end))) return end;
    if (stands("!!", start)) return skip(" ", end);
    if (at(end) != '(') return start;
    std::size_t inside = or_end(text_.find_first_not_of("0123456789", end + 1));
    if (at(inside) == ')') inside = skip(kBlanks, inside + 1);
    return is_quote(at(inside)) ? inside : start;
  }

  std::optional<Range> enclosed_at(std::size_t start) const {
    if (stands("[redacted]", start)) return Range{start, start + 10};
    if (is_quote(at(start))) return quoted(start);
    if (at(start) == '[' || at(start) == '{') return Range{start, closing_bracket(start)};
    return std::nullopt;
  }

  // Quotes inside are escaped once more than the outer ones, or doubled.
  Range quoted(std::size_t open) const {
    for (std::size_t close = open + 1; close < text_.size(); ++close) {
      if (text_[close] != text_[open] || folded_.depth[close] > folded_.depth[open]) continue;
      if (at(close + 1) == text_[open] && close > open + 1) {
        ++close;
        continue;
      }
      return {open + 1, close};
    }
    return {open + 1, text_.size()};
  }

  std::size_t closing_bracket(std::size_t open) const {
    std::size_t nested = 0;
    for (std::size_t close = open; close < text_.size(); ++close) {
      if (text_[close] == '[' || text_[close] == '{') ++nested;
      if ((text_[close] == ']' || text_[close] == '}') && --nested == 0) return close + 1;
    }
    return text_.size();
  }

  // What was escaped more often than the name's own sign ends no value.
  std::size_t end_of_word(std::size_t start, std::size_t depth) const {
    for (std::size_t end = start; end < text_.size(); ++end) {
      if (kValueEnds.find(text_[end]) == kNotFound) continue;
      if (kBlanks.find(text_[end]) != kNotFound || folded_.depth[end] <= depth) return end;
    }
    return text_.size();
  }

  // `token is abc`, `client secret provided: abc`, `password for bob was abc`.
  std::optional<NamedValue> after_words(std::size_t next, bool directly) const {
    static const RE2 verbs(
        "(?i)^((?:(?:(?:is|was) "
        "not|is|was|are|were|be|been|being|provided|given|supplied|used|value|string|sent|received|entered|set|"
        "changed|updated|reset|generated|header|parameter|param|argument|to|as|ist|lautet|war|est|es|fue|era|jest|now|"
        "equals|eq|ne|like|REG_\\w+|for (?:user )?[^\\s:=]{1,40} (?:is|was))\\b[ \\n]?){0,5})([:=]*[ \\n]*)");
    if (const auto whose = of_somebody(next)) return whose;
    re2::StringPiece match[3];
    const string_view window = text_.substr(next, kNear);
    verbs.Match({window.data(), window.size()}, 0, window.size(), RE2::ANCHOR_START, match, 3);
    const std::size_t start = next + match[0].size();
    const bool is_signed = string_view(match[2].data(), match[2].size()).find_first_of(":=") != kNotFound;
    const bool has_verb = !match[1].empty();
    if (start >= text_.size() || (!has_verb && !directly)) return std::nullopt;
    if (has_verb && is_alphanumeric(before(start)) && match[2].empty()) return std::nullopt;  // `issued`, not `is`
    if (is_signed) return at_sign(start);
    if (is_name_below(start)) return std::nullopt;
    const Separator separator = has_verb ? Separator::kVerb : Separator::kBlank;
    if (const auto enclosed = enclosed_at(start); enclosed && is_quote(at(start)))
      return NamedValue{separator, true, *enclosed};
    return NamedValue{separator, false, {start, end_of_word(start, 9)}};
  }

  // `passphrase for key '/etc/ssh/id_rsa': abc`
  std::optional<NamedValue> of_somebody(std::size_t next) const {
    static const RE2 whose(
        "(?i)^(?:for|of) (?:user |key |the |account ){0,2}[\"'`]?[^\\s:=\"'`]{1,80}[\"'`]? ?[:=]+ ()[^\\s]");
    const string_view window = text_.substr(next, kNear);
    re2::StringPiece match;
    if (!RE2::PartialMatch({window.data(), window.size()}, whose, &match)) return std::nullopt;
    const std::size_t start = next + static_cast<std::size_t>(match.data() - window.data());
    if (const auto enclosed = enclosed_at(start)) return NamedValue{Separator::kSign, true, *enclosed};
    return NamedValue{Separator::kVerb, false, {start, end_of_word(start, 9)}};
  }

  // `<password>` and `<wsse:Password Type="PasswordText">`; a closing tag announces nothing.
  bool is_tag() const {
    std::size_t begin = name_.begin;
    while (begin + 32 > name_.begin && begin > 0 && (is_name_character(text_[begin - 1]) || text_[begin - 1] == ':'))
      --begin;
    return before(begin) == '<';
  }

  // The text of an element, of the first element in it, or of its CDATA; or its attribute `value`.
  std::optional<NamedValue> in_tag(std::size_t from, std::size_t nested = 0) const {
    const string_view tag = text_.substr(from, kNear);
    const std::size_t close = tag.find_first_of("<>");
    if (close == kNotFound || tag[close] == '<') return std::nullopt;
    if (const auto attribute = value_attribute({from, from + close})) return attribute;
    if (close > 0 && tag[close - 1] == '/') return std::nullopt;
    const std::size_t start = skip(kBlanks, from + close + 1);
    if (stands("<![CDATA[", start))
      return NamedValue{Separator::kTag, true, {start + 9, or_end(text_.find("]]>", start))}};
    if (at(start) == '<')
      return is_letter(at(start + 1)) && nested < kNestedMax ? in_tag(start + 1, nested + 1) : std::nullopt;
    std::size_t end = start;
    while (end < text_.size() && !(text_[end] == '<' && folded_.depth[end] <= folded_.depth[from + close])) ++end;
    return NamedValue{Separator::kTag, true, {start, end}};
  }

  std::optional<NamedValue> value_attribute(Range within) const {
    static const RE2 attribute("(?i)\\b(?:default)?(?:value|val|content)\\s*=\\s*([\"'])");
    const string_view window = text_.substr(within.begin, within.end - within.begin);
    re2::StringPiece match[2];
    if (!attribute.Match({window.data(), window.size()}, 0, window.size(), RE2::UNANCHORED, match, 2))
      return std::nullopt;
    const std::size_t quote = within.begin + static_cast<std::size_t>(match[1].data() - window.data());
    return NamedValue{Separator::kPair, true, quoted(quote)};
  }

  // Whether the name stands where a name is a value: `name="password"`, `key: password`, `<key>password</key>`.
  // Before more words only in its own line: an empty `key:` says nothing of the `password: x` below it.
  bool is_label(bool in_its_line = false) const {
    static const RE2 label(
        "(?i)(?:\\b(?:name|key|field|param|parameter|header|id|property|attribute|variable|label|type)[\"']?"
        "\\s*(?::|=>?)\\s*[\"']?|<(?:\\w+:)?(?:name|key|td|th|dt|label|string)>\\s*)[\\w.]{0,30}$");
    const std::size_t from = name_.begin - std::min<std::size_t>(name_.begin, 40);
    string_view window = text_.substr(from, name_.begin - from);
    if (in_its_line) window.remove_prefix(window.rfind('\n') + 1);
    return RE2::PartialMatch({window.data(), window.size()}, label);
  }

  // The value of a name that is a value itself: next to it, or in the next part of a multipart body, tuple or table.
  std::optional<NamedValue> of_pair(std::size_t after) const {
    if (const auto tuple = of_tuple(after)) return tuple;
    static const RE2 value(
        "(?is)^[^{}]{0,160}?(?:[\"']?\\b(?:default)?(?:value|val|content|data)[\"']?\\s*(?::|=>?)\\s*|"
        "</[\\w:]+>\\s*(?:</[\\w:]+>\\s*)?<[\\w:]+[^<>]{0,60}>\\s*|>\\s*<[\\w:]*value[^<>]{0,60}>\\s*|"
        ";s:\\d+:|(?:\\nContent-[^\\n]{1,80})?\\n *\\n)()[^\\s,}]");
    const string_view window = text_.substr(after, kNear);
    re2::StringPiece match[2];
    if (value.Match({window.data(), window.size()}, 0, window.size(), RE2::ANCHOR_START, match, 2)) {
      const std::size_t start = after_type(after + static_cast<std::size_t>(match[1].data() - window.data()));
      if (is_name_below(start)) return value_before();
      if (const auto enclosed = enclosed_at(start)) return NamedValue{Separator::kPair, true, *enclosed};
      if (stands("<![CDATA[", start))
        return NamedValue{Separator::kPair, true, {start + 9, or_end(text_.find("]]>", start))}};
      const std::size_t end = end_of_word(start, 9);
      if (!is_next_name(end)) return NamedValue{Separator::kPair, false, {start, end}};
    }
    return value_before();
  }

  // `("password", "abc")`, `{password, <<"abc">>}`
  std::optional<NamedValue> of_tuple(std::size_t after) const {
    static const RE2 opening("[(\\[{]\\s*[bu]?[\"':]?$");
    const std::size_t from = name_.begin - std::min<std::size_t>(name_.begin, 8);
    const string_view window = text_.substr(from, name_.begin - from);
    if (at(after) != ',' || !RE2::PartialMatch({window.data(), window.size()}, opening)) return std::nullopt;
    const std::size_t quote = after_type(skip(kBlanks, after + 1));
    if (!is_quote(at(quote))) return std::nullopt;
    const Range content = quoted(quote);
    const bool closes = string_view(")]}>").find(at(content.end + 1)) != kNotFound;
    return closes ? std::optional(NamedValue{Separator::kPair, true, content}) : std::nullopt;
  }

  // `{"value": "abc", "name": "password"}`
  std::optional<NamedValue> value_before() const {
    static const RE2 value("(?is)\\b(?:value|val)[\"']?\\s*[:=]\\s*([\"'])[^{}<>]*$");
    const std::size_t from = name_.begin - std::min(name_.begin, kNear);
    const string_view window = text_.substr(from, name_.begin - from);
    re2::StringPiece match[2];
    if (!is_label() || !value.Match({window.data(), window.size()}, 0, window.size(), RE2::UNANCHORED, match, 2))
      return std::nullopt;
    const Range content = quoted(from + static_cast<std::size_t>(match[1].data() - window.data()));
    return content.end < name_.begin ? std::optional(NamedValue{Separator::kPair, true, content}) : std::nullopt;
  }

  const FoldedText& folded_;
  string_view text_;
  Range name_;
};

// `;Encrypt=True`, `,user: x` and `</password>` begin something else.
bool begins_another(string_view text, Range word) {
  const char next = word.end < text.size() ? text[word.end] : ' ';
  const string_view characters = text.substr(word.begin, word.end - word.begin);
  return next == '=' || characters.find('=') != kNotFound || characters.find(':') != kNotFound ||
         characters.starts_with("/");
}

}  // namespace

std::optional<NamedValue> value_of(const FoldedText& text, Range name) { return Cursor(text, name).value(); }

Range rest_of_line(const FoldedText& folded, Range name, std::size_t begin) {
  const string_view text = folded.text;
  const char before = name.begin > 0 ? text[name.begin - 1] : ' ';
  const char ends[] = {'\n', kQuotes.find(before) == kNotFound ? '\n' : before};
  return {begin, std::min(text.find_first_of(string_view(ends, 2), begin), text.size())};
}

Range with_what_goes_on(const FoldedText& folded, Range first) {
  const string_view text = folded.text;
  while (first.end < text.size()) {
    const bool blank = text[first.end] == ' ';
    if (!blank && string_view("&;,<|").find(text[first.end]) == kNotFound) break;
    const std::size_t begin = first.end + 1;
    const Range word{begin, std::min(text.find_first_of(kValueEnds, begin), text.size())};
    const string_view characters = text.substr(word.begin, word.end - word.begin);
    if (characters.empty() || begins_another(text, word) || (blank ? !looks_secret(characters) : is_prose(characters)))
      break;
    first.end = word.end;
  }
  return first;
}

}  // namespace pawl::redaction
