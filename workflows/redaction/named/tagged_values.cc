// From a tag to the text behind it.
#include "workflows/redaction/named/tagged_values.h"

#include <re2/re2.h>

#include <algorithm>

#include "workflows/redaction/reading/secret_words.h"

namespace pawl::redaction {

namespace {

using std::string_view;

constexpr std::size_t kNestedMax = 3;  // elements between a name's tag and its text
constexpr std::size_t kTagMax = 120;   // bytes of a tag before the name in its attribute

std::optional<NamedValue> value_attribute(const TextCursor& text, Range within) {
  static const RE2 attribute("(?i)\\b(?:default)?(?:value|val|content)\\s*=\\s*([\"'])");
  const string_view window = text.slice(within);
  re2::StringPiece match[2];
  if (!attribute.Match({window.data(), window.size()}, 0, window.size(), RE2::UNANCHORED, match, 2))
    return std::nullopt;
  const std::size_t quote = within.begin + static_cast<std::size_t>(match[1].data() - window.data());
  return NamedValue{Separator::kPair, true, text.quoted(quote)};
}

// Up to the tag behind it. Where none is, a text was cut off, or `<password>` stands in a sentence.
NamedValue text_of_element(const TextCursor& text, std::size_t start, std::size_t depth) {
  std::size_t end = start;
  while (end < text.text().size() && !(text.at(end) == '<' && text.depth(end) <= depth)) ++end;
  const std::size_t word_end = text.end_of_word(start, TextCursor::kAnyDepth);
  const bool in_sentence = end == text.text().size() && text.skip(TextCursor::kBlanks, word_end) < end;
  return in_sentence ? NamedValue{Separator::kBlank, false, {start, word_end}}
                     : NamedValue{Separator::kTag, true, {start, end}};
}

std::optional<NamedValue> value_in_nested_tag(const TextCursor& text, std::size_t from, std::size_t nested) {
  const string_view tag = text.near(from);
  const std::size_t close = tag.find_first_of("<>");
  if (close == string_view::npos || tag[close] == '<') return std::nullopt;
  if (const auto attribute = value_attribute(text, {from, from + close})) return attribute;
  if (close > 0 && tag[close - 1] == '/') return std::nullopt;
  const std::size_t start = text.skip(TextCursor::kBlanks, from + close + 1);
  if (text.stands("<![CDATA[", start))
    return NamedValue{Separator::kTag, true, {start + 9, text.end_of_cdata(start + 9)}};
  if (text.at(start) != '<') return text_of_element(text, start, text.depth(from + close));
  const bool goes_on = is_letter(text.at(start + 1)) && nested < kNestedMax;
  return goes_on ? value_in_nested_tag(text, start + 1, nested + 1) : std::nullopt;
}

bool is_word_like_a_password(string_view word) {
  const bool is_code = word.size() >= 4 && word.size() <= 8 && std::all_of(word.begin(), word.end(), is_digit);
  return word.find(' ') == string_view::npos && (looks_chosen(word) || looks_secret(word) || is_code);
}

}  // namespace

bool names_a_tag(const TextCursor& text, Range name) {
  std::size_t begin = name.begin;
  while (begin + 32 > name.begin && begin > 0 && (is_name_character(text.before(begin)) || text.before(begin) == ':'))
    --begin;
  return text.before(begin) == '<';
}

std::optional<NamedValue> value_in_tag(const TextCursor& text, std::size_t from) {
  return value_in_nested_tag(text, from, 0);
}

std::optional<NamedValue> value_of_attribute(const TextCursor& text, Range name, std::size_t after) {
  // Elements of pages, whose text is for people, and those that say what is wrong with a field.
  static const RE2 other(
      "(?i)^(?:a|div|section|form|label|button|h[1-6]|fieldset|legend|input|meta|img|link|select|table|tr|script|"
      "(?:\\w+:)?\\w*(?:error|message|fault|violation|failure)s?)\\s");
  static const RE2 naming("(?i)^[\\w:.-]+\\s[^<>]*?\\b(?:[\\w:-]*name|key|id|property)\\s*=\\s*[\"'][\\w./-]*$");
  static const RE2 attribute(
      "(?i)^[\\w:.-]+\\s[^<>]*?\\b(?:data-\\w+|headers|col\\w*|field|label|type|title)\\s*=\\s*[\"'][\\w./-]*$");
  const std::size_t from = name.begin - std::min(name.begin, kTagMax);
  const string_view window = text.slice({from, name.begin});
  const std::size_t open = window.rfind('<');
  if (open == string_view::npos) return std::nullopt;
  const re2::StringPiece tag(window.data() + open + 1, window.size() - open - 1);
  if (RE2::PartialMatch(tag, other)) return std::nullopt;
  if (RE2::PartialMatch(tag, naming)) return value_in_tag(text, after);
  if (!RE2::PartialMatch(tag, attribute)) return std::nullopt;
  const auto value = value_in_tag(text, after);
  return value && text.slice(value->range).find(' ') == string_view::npos ? value : std::nullopt;
}

std::optional<NamedValue> value_in_next_element(const TextCursor& text, Range name) {
  static const RE2 next("^\\s*:?\\s*(?:</[\\w:.-]+>\\s*){1,2}<[A-Za-z][^<>]{0,80}>\\s*([^<>\\s][^<>]*)");
  const std::size_t behind_tag = text.text().find_last_not_of(" \n", name.begin - std::min<std::size_t>(name.begin, 1));
  if (name.begin == 0 || behind_tag == string_view::npos || text.at(behind_tag) != '>') return std::nullopt;
  const string_view window = text.near(name.end);
  re2::StringPiece word;
  if (!RE2::PartialMatch({window.data(), window.size()}, next, &word)) return std::nullopt;
  if (!is_word_like_a_password({word.data(), word.size()})) return std::nullopt;
  const std::size_t begin = name.end + static_cast<std::size_t>(word.data() - window.data());
  return NamedValue{Separator::kPair, true, {begin, begin + word.size()}};
}

}  // namespace pawl::redaction
