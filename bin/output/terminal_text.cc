// Looks at each code point.
#include "bin/output/terminal_text.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "workflows/text/invisible.h"
#include "workflows/text/utf8.h"

namespace pawl::bin {

namespace {

constexpr std::size_t kMuch = 64 * 1024;

bool is_plain(char c) { return (c >= 0x20 && c < 0x7f) || c == '\n' || c == '\t'; }

// Unicode's Bidi_Control characters, line and paragraph separator, and the controls of ISO 6429.
bool is_acted_upon(char32_t point) {
  return (point < 0x20 && point != '\n' && point != '\t') || (point >= 0x7f && point < 0xa0) || point == 0x061c ||
         point == 0x200e || point == 0x200f || (point >= 0x2028 && point <= 0x202e) ||
         (point >= 0x2066 && point <= 0x2069);
}

// As in JSON: beyond U+FFFF it is a pair.
std::string escape_of(char32_t point) {
  if (point > 0xFFFF) return escape_of(0xD7C0 + (point >> 10)) + escape_of(0xDC00 + (point & 0x3FF));
  std::array<char, 8> escape{};
  std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(point));
  return escape.data();
}

template <class Instead>
std::string filtered(std::string_view text, Instead instead) {
  if (std::ranges::all_of(text, is_plain)) return std::string(text);
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const char32_t point = text::take_code_point(text);
    if (is_acted_upon(point))
      out += instead(point);
    else if (text::is_invisible(point))
      out += escape_of(point);
    else
      text::append_code_point(out, point);
  }
  return out;
}

}  // namespace

std::string terminal_text(std::string_view text) {
  return filtered(text, [](char32_t) { return " "; });
}

std::string terminal_line(std::string_view text) {
  std::string line = terminal_text(text);
  std::ranges::replace_if(
      line, [](char c) { return c == '\n' || c == '\t'; }, ' ');
  return line;
}

std::string terminal_json(std::string_view document) { return filtered(document, escape_of); }

TerminalBuffer::int_type TerminalBuffer::overflow(int_type character) {
  if (character != traits_type::eof()) pending_ += traits_type::to_char_type(character);
  return traits_type::not_eof(character);
}

std::streamsize TerminalBuffer::xsputn(const char* text, std::streamsize size) {
  pending_.append(text, static_cast<std::size_t>(size));
  if (pending_.size() > kMuch) pass_on(pending_.rfind('\n') + 1);  // whole lines: no character is cut
  return size;
}

int TerminalBuffer::sync() {
  pass_on(pending_.size());
  target_.flush();
  return target_.good() ? 0 : -1;
}

void TerminalBuffer::pass_on(std::size_t size) {
  target_ << in_name_of(program_, terminal_text(std::string_view(pending_).substr(0, size)));
  pending_.erase(0, size);
}

}  // namespace pawl::bin
