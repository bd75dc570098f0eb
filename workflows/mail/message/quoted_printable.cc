// Copies what may stand as it is, and writes the rest as its hexadecimal value.
#include "workflows/mail/message/quoted_printable.h"

#include <algorithm>
#include <array>

namespace pawl::mail {

namespace {

constexpr std::size_t kQuotedLineMax = 76;  // with the equals sign of a line that goes on
constexpr std::string_view kUpperHexDigits = "0123456789ABCDEF";

constexpr auto kStandsAsItIs = [] {
  std::array<bool, 256> chars{};
  for (std::size_t c = ' '; c <= '~'; ++c) chars[c] = c != '=';
  return chars;
}();
bool stands_as_it_is(char c) { return kStandsAsItIs[static_cast<unsigned char>(c)]; }

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
    const std::string_view fitting = text.substr(0, kQuotedLineMax - 1 - column_);
    std::size_t size = static_cast<std::size_t>(std::ranges::find_if_not(fitting, stands_as_it_is) - fitting.begin());
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

bool quoted_printable_is_shorter(std::string_view text) {
  const auto escapes =
      std::ranges::count_if(text, [](char c) { return !stands_as_it_is(c) && c != '\r' && c != '\n'; });
  return static_cast<std::size_t>(escapes) * 6 < text.size();  // two more bytes each, where base64 takes a third more
}

}  // namespace pawl::mail
