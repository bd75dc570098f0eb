// From a name that is a value to the value that belongs to it.
#include "workflows/redaction/named/paired_values.h"

#include <re2/re2.h>

#include "workflows/redaction/named/tagged_values.h"
#include "workflows/redaction/reading/secret_words.h"

namespace pawl::redaction {

namespace {

using std::string_view;

constexpr std::size_t kLabelMax = 90;  // bytes of a label with the name's own beginning

// Where the group of `expression` begins behind `from`.
std::optional<std::size_t> found_behind(const TextCursor& text, std::size_t from, const RE2& expression) {
  const string_view window = text.near(from);
  re2::StringPiece match[2];
  if (!expression.Match({window.data(), window.size()}, 0, window.size(), RE2::ANCHOR_START, match, 2))
    return std::nullopt;
  return from + static_cast<std::size_t>(match[1].data() - window.data());
}

bool has_sign_behind(const TextCursor& text, std::size_t at) {
  const std::size_t sign = text.skip(" ", at);
  return text.at(sign) == ':' || text.at(sign) == '=';
}

// `variable "db_password" {`, and in its block `default = "abc"`.
std::optional<NamedValue> value_in_block(const TextCursor& text, std::size_t after) {
  static const RE2 value(
      "(?is)^(?:\\s+\"[^\"\\n]{0,60}\")?\\s*\\{[^{}]{0,160}?\\b(?:default|value|result|content|plaintext|secret_string)"
      "\\s*=\\s*()[\"']");
  const auto quote = found_behind(text, after, value);
  return quote ? std::optional(NamedValue{Separator::kPair, true, text.quoted(*quote)}) : std::nullopt;
}

// `{"value": "abc", "name": "password"}`
std::optional<NamedValue> value_before(const TextCursor& text, Range name) {
  static const RE2 value("(?is)\\b(?:[\\w.-]*value|val)[\"']?\\s*[:=]\\s*([\"'])(?:[^{}<>]|->)*$");
  const std::size_t from = name.begin - std::min(name.begin, TextCursor::kNear);
  const string_view window = text.slice({from, name.begin});
  re2::StringPiece match[2];
  if (!is_label(text, name, false) ||
      !value.Match({window.data(), window.size()}, 0, window.size(), RE2::UNANCHORED, match, 2))
    return std::nullopt;
  const Range content = text.quoted(from + static_cast<std::size_t>(match[1].data() - window.data()));
  return content.end < name.begin ? std::optional(NamedValue{Separator::kPair, true, content}) : std::nullopt;
}

// `password` alone in its line, and `"secret": "x"` in the next.
bool is_name_below(const TextCursor& text, Range name, std::size_t start) {
  if (!TextCursor::is_quote(text.at(start))) return false;
  if (text.slice({name.end, start}).find('\n') == string_view::npos) return false;
  return has_sign_behind(text, text.quoted(start).end + 1);
}

// `{"k": "password", "v": "abc"}`: the other member of two, unless it says what is wrong with the field.
std::optional<NamedValue> other_member(const TextCursor& text, std::size_t after) {
  static const RE2 member("^\\s*,\\s*[\"'][\\w-]+[\"']\\s*:\\s*()[\"']");
  static const RE2 message(
      "(?i)^\\s*,\\s*[\"'](?:message|msg|error|errors|reason|code|status|detail|details|description|type|hint|title|"
      "rule|constraint|path|location|in|error_description)[\"']");
  const string_view window = text.near(after);
  const auto quote = found_behind(text, after, member);
  if (!quote || RE2::PartialMatch({window.data(), window.size()}, message)) return std::nullopt;
  const Range content = text.quoted(*quote);
  const bool closes = text.at(text.skip(TextCursor::kBlanks, content.end + 1)) == '}';
  const bool is_word = text.slice(content).find(' ') == string_view::npos;
  return closes && is_word ? std::optional(NamedValue{Separator::kPair, true, content}) : std::nullopt;
}

std::optional<NamedValue> value_behind(const TextCursor& text, Range name, std::size_t after) {
  static const RE2 value(
      "(?is)^[^{}]{0,160}?(?:[\"']?(?:\\b[\\w.-]*value|\\b(?:[\\w-]*[_.-])?(?:val|content|data))[\"']?\\s*(?::|=>?)\\s*"
      "|"
      "</[\\w:.-]+>\\s*(?:<(?:type|kind|description)\\b[^<>]{0,60}>[^<>]{0,60}</[\\w:.-]+>\\s*)?"
      "(?:</[\\w:.-]+>\\s*)?<[\\w:.-]+[^<>]{0,60}>\\s*(?:<\\w+[^<>]{0,40}>\\s*)?|>\\s*<[\\w:.-]*value[^<>]{0,60}>\\s*|"
      "value[\"']\\s*>\\s*|"
      ";s:\\d+:|(?:\\nContent-[^\\n]{1,80})?\\n *\\n)()[^\\s,}]");
  const auto found = found_behind(text, after, value);
  if (!found) return std::nullopt;
  const std::size_t start = text.after_type(*found);
  if (is_name_below(text, name, start)) return std::nullopt;
  if (const auto enclosed = text.enclosed_at(start)) return NamedValue{Separator::kPair, true, *enclosed};
  if (text.stands("<![CDATA[", start))
    return NamedValue{Separator::kPair, true, {start + 9, text.end_of_cdata(start + 9)}};
  const std::size_t end = text.end_of_word(start, TextCursor::kAnyDepth);
  const bool is_next_name = text.before(end) == ':' || text.at(text.skip(" ", end)) == '=';
  return is_next_name ? std::nullopt : std::optional(NamedValue{Separator::kPair, false, {start, end}});
}

}  // namespace

bool is_label(const TextCursor& text, Range name, bool in_its_line) {
  static const RE2 label(
      "(?i)(?:\\b(?:[\\w.-]*(?:name|key)|(?:[\\w-]*[_.-])?(?:field|param|parameter|header|id|property|attribute|"
      "variable|label|type))[\"']?\\s*(?::|=>?)\\s*[\"']?|<[\\w:.-]*(?:name|key|td|th|dt|label|string)(?:\\s[^<>]{0,40}"
      ")?>\\s*)[\\w./"
      "-]{0,30}$");
  const std::size_t from = name.begin - std::min(name.begin, kLabelMax);
  string_view window = text.slice({from, name.begin});
  if (in_its_line) window.remove_prefix(window.rfind('\n') + 1);
  return RE2::PartialMatch({window.data(), window.size()}, label);
}

std::optional<NamedValue> value_of_label(const TextCursor& text, Range name, std::size_t after) {
  if (const auto tuple = value_in_tuple(text, name, after)) return tuple;
  // An element's first child may be something else than its value.
  const auto element = value_of_attribute(text, name, after);
  if (element && !is_prose(text.slice(element->range))) return element;
  if (const auto block = value_in_block(text, after)) return block;
  if (const auto member = other_member(text, after)) return member;
  if (const auto behind = value_behind(text, name, after)) return behind;
  return value_before(text, name);
}

std::optional<NamedValue> value_in_tuple(const TextCursor& text, Range name, std::size_t after) {
  static const RE2 opening("[(\\[{]\\s*[bu]?[\"':]?(?:[\\w-]+[./])*$");
  const std::size_t from = name.begin - std::min(name.begin, kLabelMax);
  const string_view window = text.slice({from, name.begin});
  if (text.at(after) != ',' || !RE2::PartialMatch({window.data(), window.size()}, opening)) return std::nullopt;
  const std::size_t quote = text.after_type(text.skip(TextCursor::kBlanks, after + 1));
  if (!TextCursor::is_quote(text.at(quote))) return std::nullopt;
  const Range content = text.quoted(quote);
  const char next = text.at(text.skip(TextCursor::kBlanks, content.end + 1));
  // `("user", "password", "host")` is a list of names.
  const bool ends = next == ',' ? looks_secret(text.slice(content)) || looks_chosen(text.slice(content))
                                : string_view(")]}>").find(next) != string_view::npos;
  return ends ? std::optional(NamedValue{Separator::kPair, true, content}) : std::nullopt;
}

}  // namespace pawl::redaction
