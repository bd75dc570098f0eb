// Quotes the elements of array literals and repairs their encoding.
#include "storage/postgres/text/array_literal.h"

#include <algorithm>

#include "engine/text/utf8.h"

namespace pawl::storage {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

bool is_plain(char c) { return static_cast<unsigned char>(c) < 0x80 && c != '\0'; }

bool is_quoted(char c) { return c == '"' || c == '\\'; }

}  // namespace

bool is_plain_text(std::string_view text) { return std::ranges::all_of(text, is_plain); }

std::string storable_text(std::string_view text) {
  std::string storable = engine::valid_utf8(text);
  for (std::size_t at = 0; (at = storable.find('\0', at)) != std::string::npos;) storable.replace(at, 1, kReplacement);
  return storable;
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
    append_quoted(storable_text(element));
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
