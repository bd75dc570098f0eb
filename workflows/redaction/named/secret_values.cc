// A cursor over the folded text, and a function for each notation.
#include "workflows/redaction/named/secret_values.h"

#include <re2/re2.h>

#include <algorithm>

#include "workflows/redaction/named/paired_values.h"
#include "workflows/redaction/named/tagged_values.h"
#include "workflows/redaction/reading/expression.h"
#include "workflows/redaction/reading/secret_words.h"
#include "workflows/redaction/reading/text_cursor.h"

namespace pawl::redaction {

namespace {

using std::string_view;

constexpr auto kValueEnds = TextCursor::kValueEnds;
constexpr auto kQuotes = TextCursor::kQuotes;
constexpr std::size_t kDirectiveMin = 4;  // bytes of a value that nothing but its place gives away
constexpr std::size_t kDirectiveWordsMax = 3;

// Stands at a name and looks for its value.
class NameCursor {
 public:
  NameCursor(const TextCursor& cursor, Range name) : cursor_(cursor), text_(cursor.text()), name_(name) {}

  std::optional<NamedValue> value() const {
    if (names_a_tag(cursor_, name_)) return value_in_tag(cursor_, name_.end);
    if (const auto element = value_in_next_element(cursor_, name_)) return element;
    if (const std::size_t start = after_decorated_sign(); start != string_view::npos) return at_sign(start);
    if (const std::size_t start = after_remark(); start != string_view::npos) return at_sign(start);
    const std::size_t after = cursor_.skip("\"'`])!*?", name_.end);
    const std::size_t next = cursor_.skip(TextCursor::kBlanks, after);
    if (next == text_.size())
      return is_label(cursor_, name_, false) ? value_of_label(cursor_, name_, after) : std::nullopt;
    const std::size_t signed_at = after_sign(next, after);
    const bool label = is_label(cursor_, name_, signed_at != string_view::npos || goes_on_in_line(after, next));
    const bool in_quotes_of_name = after == name_.end && signed_at != string_view::npos && cursor_.at(signed_at) != '<';
    if (signed_at != string_view::npos && (!label || in_quotes_of_name)) return at_sign(signed_at);
    if (label || (after > name_.end && TextCursor::is_quote(text_[name_.end])))
      return value_of_label(cursor_, name_, after);
    if (const auto tuple = value_in_tuple(cursor_, name_, after)) return tuple;
    if (next == after) return std::nullopt;
    if (text_.substr(name_.begin, name_.end - name_.begin).starts_with('-') || is_directive(next)) return at_sign(next);
    return after_words(next, after == name_.end);
  }

 private:
  bool goes_on_in_line(std::size_t after_name, std::size_t next) const {
    return next > after_name && cursor_.at(next) != '<' &&
           text_.substr(after_name, next - after_name).find('\n') == string_view::npos;
  }

  // Behind a sign that is dressed up: `**Password:** x`, `<b>Password</b>: <code>x`, `password .....: x`, `Password >>
  // x`.
  std::size_t after_decorated_sign() const {
#define PAWL_CLOSERS "(?:[*_~]{1,3}|</(?:b|strong|i|em|u|code|kbd|span|label|font|mark|small|p|h\\d|dt)>)"
#define PAWL_OPENERS "(?:[*_~]{1,3}|<(?:b|strong|i|em|u|code|kbd|tt|span|font|mark|small|p|dd|br|pre)\\b[^<>]{0,60}>)"
    static const RE2 sign(
        "(?i)^(?:[\"']:(?:[\"'][^\"'\\n]{1,80}[\"']:)?(?:protected|private)\\] ?=> ?|"  // of PHP
        "[\"'`)\\]]? ?(?:" PAWL_CLOSERS "+ ?(?::|=|-{1,2}|->|=>|\\|)[ \\n]*" PAWL_OPENERS "*|[:=] ?" PAWL_CLOSERS
        "+[ \\n]*" PAWL_OPENERS "*|[:=] ?" PAWL_OPENERS
        "+)[ \\n]*| ?(?:\\.{3,}|_{3,}|-{2,}>|-{4,}|={3,}>?|~|>{2,}|\xC2\xB7|<-|<{3}|\xE2\x80\xA6) ?[:=]?>? ?)()"
        "[^\\s*_~]");
#undef PAWL_CLOSERS
#undef PAWL_OPENERS
    const string_view window = cursor_.near(name_.end);
    re2::StringPiece start;
    if (!RE2::PartialMatch({window.data(), window.size()}, sign, &start)) return string_view::npos;
    return name_.end + static_cast<std::size_t>(start.data() - window.data());
  }

  // `Password (again): x`, `Secret Key [None]: x`
  std::size_t after_remark() const {
    const char first = cursor_.at(cursor_.at(name_.end) == ' ' ? name_.end + 1 : name_.end);
    if (first != '[' && first != '(') return string_view::npos;
    static const RE2 remark("^ ?(?:\\[[^\\]\\n]{0,24}\\]|\\([^)\\n]{0,30}\\)) ?[:=] ?()[^\\s:=>(]");
    const string_view window = cursor_.near(name_.end);
    re2::StringPiece start;
    if (!RE2::PartialMatch({window.data(), window.size()}, remark, &start)) return string_view::npos;
    return name_.end + static_cast<std::size_t>(start.data() - window.data());
  }

  // Behind the sign at `sign`, if there is one: `=`, `: `, ` => `, `::`, ` | ` in a table, `#`, `!=`, a Lisp pair's ` .
  // `.
  std::size_t after_sign(std::size_t sign, std::size_t after_name) const {
    if (sign == after_name &&
        (cursor_.at(sign) == '#' || (cursor_.at(sign) == '(' && TextCursor::is_quote(cursor_.at(sign + 1)))))
      return sign + 1;
    if (cursor_.at(sign) == '|')
      return text_.substr(after_name, sign - after_name).find('\n') == string_view::npos ? cursor_.skip(" ", sign + 1)
                                                                                         : string_view::npos;
    if (cursor_.stands("->", sign) || cursor_.stands("!=", sign))
      return cursor_.skip(TextCursor::kBlanks, cursor_.skip("=", sign + 2));
    if (cursor_.at(sign) == '.' && cursor_.at(sign + 1) == ' ' && TextCursor::is_quote(cursor_.at(sign + 2)))
      return sign + 2;
    if (cursor_.at(sign) != ':' && cursor_.at(sign) != '=') return string_view::npos;
    if (cursor_.stands("://", sign) || names_a_scope(sign)) return string_view::npos;
    return cursor_.skip(TextCursor::kBlanks, std::min(cursor_.or_end(text_.find_first_not_of(":=>", sign)), sign + 4));
  }

  // `SessionPool::putBack()`
  bool names_a_scope(std::size_t sign) const {
    if (!cursor_.stands("::", sign)) return false;
    std::size_t end = sign + 2;
    while (is_name_character(cursor_.at(end)) || cursor_.at(end) == ':') ++end;
    return end > sign + 2 && cursor_.at(end) == '(';
  }

  std::optional<NamedValue> at_sign(std::size_t start) const {
    start = after_yaml_tags(after_declared_type(start));
    if (const auto block = yaml_block(start)) return block;
    start = cursor_.after_type(after_environment(skip_list_sign(start)));
    if (start >= text_.size() || is_name_below(start) || closes_prompt(start)) return std::nullopt;
    if (const auto enclosed = cursor_.enclosed_at(start)) return NamedValue{Separator::kSign, true, *enclosed};
    const std::size_t end = cursor_.end_of_word(start, cursor_.depth(name_.end));
    if (crosses_line(start) && is_next_name(end)) return std::nullopt;
    return NamedValue{Separator::kSign, false, {start, end}};
  }

  // `ENV DB_PASSWORD x`, `put pms/db_password x`: an identifier, and one word until the line ends.
  bool is_directive(std::size_t value) const {
    const string_view name = text_.substr(name_.begin, name_.end - name_.begin);
    const bool is_identifier = name.find('_') != string_view::npos || cursor_.before(name_.begin) == '/' ||
                               std::adjacent_find(name.begin(), name.end(), [](char a, char b) {
                                 return is_lower(a) && is_upper(b);
                               }) != name.end();
    const std::size_t end = cursor_.end_of_word(value, TextCursor::kAnyDepth);
    return is_identifier && words_before() <= kDirectiveWordsMax && !crosses_line(value) &&
           end - value >= kDirectiveMin && cursor_.at(end) == '\n' &&
           std::all_of(
               text_.begin() + static_cast<std::ptrdiff_t>(value), text_.begin() + static_cast<std::ptrdiff_t>(end),
               [](char c) { return is_name_character(c) || string_view("!@#$%^&*+").find(c) != string_view::npos; });
  }

  std::size_t words_before() const {
    const std::size_t from = name_.begin - std::min(name_.begin, TextCursor::kNear);
    string_view line = text_.substr(from, name_.begin - from);
    line.remove_prefix(line.rfind('\n') + 1);
    return static_cast<std::size_t>(std::count(line.begin(), line.end(), ' '));
  }

  bool crosses_line(std::size_t start) const {
    return text_.substr(name_.end, start - name_.end).find('\n') != string_view::npos;
  }
  // `password` alone in its line, and `"secret": "x"` in the next.
  bool is_name_below(std::size_t start) const {
    if (!TextCursor::is_quote(cursor_.at(start)) || !crosses_line(start)) return false;
    const std::size_t sign = cursor_.skip(" ", cursor_.quoted(start).end + 1);
    return cursor_.at(sign) == ':' || cursor_.at(sign) == '=';
  }
  // `expect "password:"`, `input('Password: ')`: the quote at `start` opened before the name.
  bool closes_prompt(std::size_t start) const {
    if (!TextCursor::is_quote(cursor_.at(start)) ||
        string_view(" \n,;)]").find(cursor_.at(start + 1)) == string_view::npos)
      return false;
    const std::size_t from = name_.begin - std::min(name_.begin, TextCursor::kNear);
    string_view line = text_.substr(from, name_.begin - from);
    line.remove_prefix(line.rfind('\n') + 1);
    return std::count(line.begin(), line.end(), cursor_.at(start)) % 2 == 1;
  }
  bool is_next_name(std::size_t end) const {
    return cursor_.before(end) == ':' || cursor_.at(cursor_.skip(" ", end)) == '=';
  }
  std::size_t skip_list_sign(std::size_t start) const {
    return cursor_.stands("- ", start) && cursor_.before(start) == '\n' ? start + 2 : start;
  }

  // `password: |` and the lines below it, until a line that begins with a name.
  std::optional<NamedValue> yaml_block(std::size_t start) const {
    if (cursor_.at(start) != '|' && cursor_.before(start) != '>' && cursor_.before(start) != '|' &&
        cursor_.at(start) != '>')
      return std::nullopt;
    std::size_t lines = cursor_.at(start) == '|' || cursor_.at(start) == '>' ? start + 1 : start;
    while (string_view("+-0123456789").find(cursor_.at(lines)) != string_view::npos) ++lines;
    if (cursor_.at(cursor_.skip(" ", lines)) != '\n') return std::nullopt;
    const std::size_t begin = cursor_.skip(TextCursor::kBlanks, lines);
    return NamedValue{Separator::kSign, true, {begin, cursor_.end_of_block(begin)}};
  }

  // `&anchor`, `!vault`
  std::size_t after_yaml_tags(std::size_t start) const {
    static const RE2 tags("^(?:[&!][A-Za-z!][\\w:/.-]{0,40} )+");
    re2::StringPiece match[1];
    const string_view window = cursor_.near(start);
    if (!tags.Match({window.data(), window.size()}, 0, window.size(), RE2::ANCHOR_START, match, 1)) return start;
    return start + match[0].size();
  }

  // `env('DB_PASSWORD', 'x')`, whose first argument is another name.
  std::size_t after_environment(std::size_t start) const {
    static const RE2 call(
        "(?i)^(?:\\w+\\.)*(?:get_?)?env(?:iron)?\\w*(?:\\.get)?\\(\\s*[\"']\\w+[\"']\\s*(?:,\\s*()[\"'])?");
    const string_view window = cursor_.near(start);
    re2::StringPiece value;
    if (!RE2::PartialMatch({window.data(), window.size()}, call, &value)) return start;
    return value.data() == nullptr ? text_.size() : start + static_cast<std::size_t>(value.data() - window.data());
  }

  // `PASSWORD: &str = "x"`, `password: string = 'x'`
  std::size_t after_declared_type(std::size_t start) const {
    static const RE2 type("^[&*]?(?:'\\w+ )?[\\w.<>\\[\\]?]{1,24} ?:?= ?()[\"'`]");
    re2::StringPiece value;
    const string_view window = cursor_.near(start);
    if (!RE2::PartialMatch({window.data(), window.size()}, type, &value)) return start;
    return start + static_cast<std::size_t>(value.data() - window.data());
  }

  // `token is abc`, `client secret provided: abc`, `password for bob was abc`.
  std::optional<NamedValue> after_words(std::size_t next, bool directly) const {
    static const RE2 verbs(
        "(?i)^((?:(?:(?:is|was) "
        "not|is|was|are|were|be|been|being|provided|given|supplied|used|value|string|sent|received|entered|set|from|"
        "changed|updated|reset|generated|attempted|tried|typed|submitted|presented|specified|header|parameter|param|"
        "argument|to|as|ist|lautet|war|est|es|e|er|este|fue|era|jest|now|"
        "introducid[ao]|saisie?|eingegeben|inserita|digitada|informada|"
        "equals|eq|ne|like|REG_\\w+|for (?:user )?[^\\s:=]{1,40} (?:is|was|to))\\b[ \\n]?){0,5})([:=]*[ \\n]*)");
    if (const auto whose = of_somebody(next)) return whose;
    if (const auto refused = refused_word(next)) return refused;
    if (directly) next = after_storage(next);
    re2::StringPiece match[3];
    const string_view window = cursor_.near(next);
    verbs.Match({window.data(), window.size()}, 0, window.size(), RE2::ANCHOR_START, match, 3);
    const std::size_t start = next + match[0].size();
    const bool is_signed = string_view(match[2].data(), match[2].size()).find_first_of(":=") != string_view::npos;
    const bool has_verb = !match[1].empty();
    if (start >= text_.size() || (!has_verb && !directly)) return std::nullopt;
    if (has_verb && is_alphanumeric(cursor_.before(start)) && match[2].empty())
      return std::nullopt;  // `issued`, not `is`
    if (is_signed) return at_sign(start);
    if (const auto marked = in_marks(start)) return marked;
    if (is_name_below(start)) return std::nullopt;
    const Separator separator = has_verb ? Separator::kVerb : Separator::kBlank;
    if (const auto enclosed = cursor_.enclosed_at(start); enclosed && TextCursor::is_quote(cursor_.at(start)))
      return NamedValue{separator, true, *enclosed};
    return NamedValue{separator, false, {start, cursor_.end_of_word(start, TextCursor::kAnyDepth)}};
  }

  // `password incorrect: abc9`
  std::optional<NamedValue> refused_word(std::size_t next) const {
    if (string_view("IWRDFNiwrdfn").find(cursor_.at(next)) == string_view::npos) return std::nullopt;
    static const RE2 refused(
        "(?i)^(?:is |was )?(?:incorrect|invalid|wrong|rejected|refused|denied|failed|not valid|not accepted) ?[:=(]+ "
        "?[\"']?()\\w");
    const string_view window = cursor_.near(next);
    re2::StringPiece word;
    if (!RE2::PartialMatch({window.data(), window.size()}, refused, &word)) return std::nullopt;
    const std::size_t start = next + static_cast<std::size_t>(word.data() - window.data());
    return NamedValue{Separator::kVerb, false, {start, cursor_.end_of_word(start, TextCursor::kAnyDepth)}};
  }

  // `password is <strong>x</strong>`
  std::optional<NamedValue> in_marks(std::size_t start) const {
    if (cursor_.at(start) != '<') return std::nullopt;
    static const RE2 mark("(?i)^<(?:b|strong|i|em|u|code|kbd|tt|span|font|mark)\\b[^<>]{0,60}>");
    const string_view window = cursor_.near(start);
    if (!matches(window, mark)) return std::nullopt;
    return value_in_tag(cursor_, start + 1);
  }

  // How a device keeps what follows: `password 7 0822…`, `secret ENC x`.
  std::size_t after_storage(std::size_t start) const {
    static const RE2 storage(
        "^(?:\\d|encrypted|ENC|cipher|ciphertext|irreversible-cipher|simple|plaintext|ascii-text|hexadecimal|"
        "--?[a-z][\\w-]*) +()[^ "
        "\\n]");
    const string_view window = cursor_.near(start);
    re2::StringPiece value;
    if (!RE2::PartialMatch({window.data(), window.size()}, storage, &value)) return start;
    return start + static_cast<std::size_t>(value.data() - window.data());
  }

  // `passphrase for key '/etc/ssh/id_rsa': abc`
  std::optional<NamedValue> of_somebody(std::size_t next) const {
    static const RE2 whose(
        "(?i)^(?:(?:for|of|fur|von|pour|de|para|di|voor|van|do|da|del|dla) |uzytkownika )(?:user |key |the |account "
        "|benutzer |konto |usuario |"
        "utilisateur |gebruiker |utente |l'){0,2}[\"'`]?[^\\s:=\"'`]{1,80}[\"'`]? ?[:=]+ ()[^\\s]");
    const string_view window = cursor_.near(next);
    re2::StringPiece match;
    if (!RE2::PartialMatch({window.data(), window.size()}, whose, &match)) return std::nullopt;
    const std::size_t start = next + static_cast<std::size_t>(match.data() - window.data());
    if (const auto enclosed = cursor_.enclosed_at(start)) return NamedValue{Separator::kSign, true, *enclosed};
    const std::size_t end = cursor_.end_of_word(start, TextCursor::kAnyDepth);
    return NamedValue{cursor_.at(end) == '\n' ? Separator::kSign : Separator::kVerb, false, {start, end}};
  }

  const TextCursor& cursor_;
  string_view text_;
  Range name_;
};

// `;Encrypt=True`, `,user: x` and `</password>` begin something else.
bool begins_another(string_view text, Range word) {
  const char next = word.end < text.size() ? text[word.end] : ' ';
  const string_view characters = text.substr(word.begin, word.end - word.begin);
  return next == '=' || characters.find('=') != string_view::npos || characters.find(':') != string_view::npos ||
         characters.starts_with("/");
}

}  // namespace

std::optional<NamedValue> value_of(const TextCursor& text, Range name) { return NameCursor(text, name).value(); }

Range rest_of_line(const TextCursor& cursor, Range name, std::size_t begin) {
  const string_view text = cursor.text();
  const char before = name.begin > 0 ? text[name.begin - 1] : ' ';
  const char ends[] = {'\n', kQuotes.find(before) == string_view::npos ? '\n' : before};
  return {begin, std::min(text.find_first_of(string_view(ends, 2), begin), text.size())};
}

Range with_what_goes_on(const TextCursor& cursor, Range first) {
  const string_view text = cursor.text();
  while (first.end < text.size()) {
    const bool blank = text[first.end] == ' ';
    if (!blank && string_view("&;,<|").find(text[first.end]) == string_view::npos) break;
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
