// Quotes the elements of array literals and repairs their encoding.
#include "storage/postgres/text/array_literal.h"

#include <algorithm>

namespace pawl::storage {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

bool is_continuation(unsigned char byte) { return (byte & 0xC0) == 0x80; }

bool is_plain(char c) { return static_cast<unsigned char>(c) < 0x80 && c != '\0'; }

bool is_quoted(char c) { return c == '"' || c == '\\'; }

// How many bytes the well-formed character at the front has (RFC 3629, section 4); 0 if it is malformed.
std::size_t character_size(std::string_view text) {
  const auto at = [&](std::size_t index) { return index < text.size() ? static_cast<unsigned char>(text[index]) : 0u; };
  const unsigned first = at(0), second = at(1);
  if (first < 0x80) return first == 0 ? 0 : 1;
  const std::size_t size = first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
  for (std::size_t index = 1; index < size; ++index)
    if (!is_continuation(static_cast<unsigned char>(at(index)))) return 0;
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool surrogate = first == 0xED && second > 0x9F;
  const bool too_large = first == 0xF4 && second > 0x8F;
  return overlong || surrogate || too_large ? 0 : size;
}

}  // namespace

bool is_plain_text(std::string_view text) { return std::ranges::all_of(text, is_plain); }

std::string valid_utf8(std::string_view text) {
  std::string valid;
  valid.reserve(text.size());
  while (!text.empty()) {
    const auto plain = static_cast<std::size_t>(std::ranges::find_if_not(text, is_plain) - text.begin());
    valid += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    const std::size_t size = character_size(text);
    valid += size == 0 ? kReplacement : text.substr(0, size);
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return valid;
}

void ArrayLiteral::separate() {
  if (literal_.size() > 1) literal_ += ',';
}

void ArrayLiteral::add(std::string_view element) {
  separate();
  literal_ += '"';
  if (std::ranges::all_of(element, [](char c) { return is_plain(c) && !is_quoted(c); }))
    literal_ += element;
  else
    append_quoted(valid_utf8(element));
  literal_ += '"';
}

void ArrayLiteral::append_quoted(std::string_view element) {
  for (const char character : element) {
    if (is_quoted(character)) literal_ += '\\';
    literal_ += character;
  }
}

void ArrayLiteral::add(std::int64_t element) {
  separate();
  literal_ += std::to_string(element);
}

}  // namespace pawl::storage
