// Decodes and repairs UTF-8 (RFC 3629).
#include "engine/text/utf8.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace pawl::engine {

namespace {

constexpr char32_t kReplacement = 0xFFFD;

struct Lead {
  int continuations;
  char32_t bits;
  char32_t least;  // Anything below is an overlong form.
};

Lead lead_of(unsigned char byte) {
  if (byte < 0x80) return {0, byte, 0};
  if ((byte & 0xE0) == 0xC0) return {1, byte & 0x1Fu, 0x80};
  if ((byte & 0xF0) == 0xE0) return {2, byte & 0x0Fu, 0x800};
  if ((byte & 0xF8) == 0xF0) return {3, byte & 0x07u, 0x10000};
  return {-1, 0, 0};
}

bool is_ascii_byte(char c) { return static_cast<unsigned char>(c) < 0x80; }

}  // namespace

char32_t take_code_point(std::string_view& rest) {
  const Lead lead = lead_of(static_cast<unsigned char>(rest.front()));
  char32_t point = lead.bits;
  bool valid = lead.continuations >= 0 && rest.size() > static_cast<std::size_t>(lead.continuations);
  for (int i = 1; valid && i <= lead.continuations; ++i) {
    const auto byte = static_cast<unsigned char>(rest[static_cast<std::size_t>(i)]);
    valid = (byte & 0xC0) == 0x80;
    point = (point << 6) | (byte & 0x3Fu);
  }
  if (!valid || point < lead.least || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) {
    rest.remove_prefix(1);
    return kReplacement;
  }
  rest.remove_prefix(static_cast<std::size_t>(lead.continuations) + 1);
  return point;
}

void append_code_point(std::string& text, char32_t point) {
  const auto put = [&text](char32_t byte) { text += static_cast<char>(byte); };
  if (point < 0x80) return put(point);
  if (point < 0x800) {
    put(0xC0 | (point >> 6));
  } else if (point < 0x10000) {
    put(0xE0 | (point >> 12));
    put(0x80 | ((point >> 6) & 0x3F));
  } else {
    put(0xF0 | (point >> 18));
    put(0x80 | ((point >> 12) & 0x3F));
    put(0x80 | ((point >> 6) & 0x3F));
  }
  put(0x80 | (point & 0x3F));
}

// Eight bytes at a time, since every mail is looked through.
bool is_ascii(std::string_view text) {
  std::uint64_t seen = 0;
  for (std::uint64_t word = 0; text.size() >= sizeof word; text.remove_prefix(sizeof word)) {
    std::memcpy(&word, text.data(), sizeof word);
    seen |= word;
  }
  for (const char c : text) seen |= static_cast<unsigned char>(c);
  return (seen & 0x8080808080808080) == 0;
}

// Runs of ASCII are copied as a whole.
std::string valid_utf8(std::string_view bytes) {
  std::string valid;
  valid.reserve(bytes.size());
  while (!bytes.empty()) {
    const auto run = static_cast<std::size_t>(std::ranges::find_if_not(bytes, is_ascii_byte) - bytes.begin());
    valid += bytes.substr(0, run);
    bytes.remove_prefix(run);
    if (!bytes.empty()) append_code_point(valid, take_code_point(bytes));
  }
  return valid;
}

}  // namespace pawl::engine
