// Folds and encodes header fields.
#include "workflows/mail/message/header.h"

#include <algorithm>
#include <optional>

#include "workflows/text/base64.h"
#include "workflows/text/utf8.h"

namespace pawl::mail {
namespace {

constexpr std::size_t kHeaderLineMax = 78;
constexpr std::size_t kEncodedLineMax = 76;  // RFC 2047 is stricter for lines that hold an encoded-word.
constexpr std::size_t kEncodedWordMax = 75;
constexpr std::string_view kWordStart = "=?UTF-8?B?";
constexpr std::string_view kWordEnd = "?=";

// ASCII that no reader takes for an encoded-word. Cleaned text has no control characters left.
bool is_plain(std::string_view text) { return text.find("=?") == std::string_view::npos && text::is_ascii(text); }

std::size_t encoded_size(std::size_t bytes) { return kWordStart.size() + (bytes + 2) / 3 * 4 + kWordEnd.size(); }

// Splits only between code points, as RFC 2047 demands; the next word goes on a line of its own.
std::string encoded_words(std::string_view text, std::size_t column) {
  std::string words;
  std::string chunk;
  std::size_t room = kEncodedLineMax - column;
  const auto flush = [&] {
    if (!words.empty()) words += "\r\n ";
    words.append(kWordStart).append(text::base64(chunk)).append(kWordEnd);
    chunk.clear();
    room = kEncodedWordMax;
  };
  while (!text.empty()) {
    std::string character;
    text::append_code_point(character, text::take_code_point(text));
    if (encoded_size(chunk.size() + character.size()) > room) flush();
    chunk += character;
  }
  if (!chunk.empty()) flush();
  return words;
}

// Breaks lines before words; nothing when a single word is too long for a line.
std::optional<std::string> folded(std::string_view text, std::size_t column) {
  if (column + text.size() <= kHeaderLineMax) return std::string(text);
  std::string lines;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' ', 1));  // With the space before it.
    if (!lines.empty() && column + word.size() > kHeaderLineMax) {
      lines += "\r\n";
      column = 0;
    }
    column += word.size();
    if (column > kHeaderLineMax) return std::nullopt;
    lines += word;
    text.remove_prefix(word.size());
  }
  return lines;
}

std::string quoted(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 8);
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out += '"';
}

// A quoted string is never folded: readers disagree about white space inside the quotes.
std::string phrase(std::string_view text, std::size_t column) {
  if (is_plain(text)) {
    std::string words = quoted(text);
    if (column + words.size() <= kHeaderLineMax) return words;
  }
  return encoded_words(text, column);
}

// The beginning of a field, with room for its text and what may stand around that.
std::string begun(std::string_view name, std::size_t text) {
  std::string field;
  field.reserve(name.size() + text + 32);
  return field.append(name).append(": ");
}

}  // namespace

std::string header_text(std::string_view text) { return text::one_line(text, kHeaderTextMax); }

std::string text_field(std::string_view name, std::string_view text) {
  const std::string clean = header_text(text);
  std::string field = begun(name, clean.size());
  std::optional<std::string> plain;
  if (is_plain(clean)) plain = folded(clean, field.size());
  field += plain ? *plain : encoded_words(clean, field.size());
  return field += "\r\n";
}

std::string mailbox_field(std::string_view name, std::string_view display, std::string_view address) {
  const std::string clean = header_text(display);
  std::string field = begun(name, clean.size() + address.size());
  if (!clean.empty()) {
    field += phrase(clean, field.size());
    const std::size_t line_start = field.rfind('\n') + 1;  // 0 where there is one line only
    const bool fits = field.size() - line_start + std::string_view(" <>").size() + address.size() <= kHeaderLineMax;
    field += fits ? " " : "\r\n ";
  }
  return field.append("<").append(address).append(">\r\n");
}

}  // namespace pawl::mail
