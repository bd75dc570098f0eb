// Copies what may stand as it is, and writes the rest as its hexadecimal value.
#include "workflows/mail/message/quoted_printable.h"

#include <bit>
#include <cstdint>
#include <cstring>

namespace pawl::mail {

namespace {

constexpr std::size_t kQuotedLineMax = 76;  // with the equals sign of a line that goes on
constexpr std::string_view kUpperHexDigits = "0123456789ABCDEF";

bool stands_as_it_is(char c) { return c >= ' ' && c <= '~' && c != '='; }

constexpr std::uint64_t kEach = 0x0101010101010101;  // times a byte: eight of it
constexpr std::uint64_t kHighBits = 0x80 * kEach;

// The highest bit of each byte that does not stand as it is, up to the first; behind that of others too.
std::uint64_t to_be_escaped(std::uint64_t word) {
  const auto below = [](std::uint64_t bytes, std::uint64_t limit) { return (bytes - limit * kEach) & ~bytes; };
  return (word | below(word, ' ') | below(word ^ ('=' * kEach), 1) | below(word ^ (0x7F * kEach), 1)) & kHighBits;
}

// How many characters at the front stand as they are, eight looked at together.
std::size_t standing(std::string_view text) {
  static_assert(std::endian::native == std::endian::little);
  std::size_t size = 0;
  for (std::uint64_t word = 0; size + sizeof word <= text.size(); size += sizeof word) {
    std::memcpy(&word, text.data() + size, sizeof word);
    if (const auto found = to_be_escaped(word)) return size + static_cast<std::size_t>(std::countr_zero(found)) / 8;
  }
  while (size < text.size() && stands_as_it_is(text[size])) ++size;
  return size;
}

// Of one line, without its end.
class Line {
 public:
  explicit Line(std::string& encoded) : encoded_(encoded) {}

  void add(std::string_view text) {
    while (!text.empty()) {
      const bool begins = column_ == 0;
      const bool misread = begins && (text.front() == '.' || text.starts_with("From "));
      const bool ends_with_blank = text == " ";
      if (misread || ends_with_blank || !stands_as_it_is(text.front())) {
        escape(text.front());
        text.remove_prefix(1);
      } else {
        text.remove_prefix(copy(text));
      }
    }
  }

 private:
  void escape(char c) {
    const auto byte = static_cast<unsigned char>(c);
    if (column_ + 3 >= kQuotedLineMax) go_on();
    encoded_.append({'=', kUpperHexDigits[byte >> 4], kUpperHexDigits[byte & 15]});
    column_ += 3;
  }

  // As much of the front as the line has room for, but for a blank that the text ends with.
  std::size_t copy(std::string_view text) {
    if (column_ + 1 >= kQuotedLineMax) {
      go_on();
      return 0;
    }
    std::size_t size = standing(text.substr(0, kQuotedLineMax - 1 - column_));
    if (size == text.size() && text.back() == ' ') --size;
    encoded_.append(text.substr(0, size));
    column_ += size;
    return size;
  }

  void go_on() {
    encoded_ += "=\r\n";
    column_ = 0;
  }

  std::string& encoded_;
  std::size_t column_ = 0;
};

}  // namespace

std::string quoted_printable(std::string_view text) {
  std::string encoded;
  encoded.reserve(text.size() + text.size() / 8);
  while (true) {
    const std::size_t end = text.find("\r\n");
    Line(encoded).add(text.substr(0, end));
    if (end == std::string_view::npos) return encoded;
    encoded += "\r\n";
    text.remove_prefix(end + 2);
  }
}

}  // namespace pawl::mail
