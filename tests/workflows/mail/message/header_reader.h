// Reads a header block back, by rules written apart from those that rendered it.
#pragma once

#include <Poco/Base64Decoder.h>

#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace pawl::mail {

using Fields = std::vector<std::pair<std::string, std::string>>;

/// The header's fields in order, unfolded, encoded-words decoded and display names unquoted. Throws std::runtime_error
/// at a line that is no field, a bare CR or LF, a control character, a byte beyond ASCII, or a line above 998 octets.
class HeaderReader {
 public:
  static Fields read(const std::string& message) {
    Fields fields;
    std::string block = message.substr(0, message.find("\r\n\r\n") + 2);
    while (!block.empty()) {
      const std::string line = take_line(block);
      if (line.starts_with(' ')) {
        if (fields.empty()) throw std::runtime_error("folded line without a field");
        fields.back().second += line;
        continue;
      }
      const std::size_t colon = line.find(": ");
      if (colon == std::string::npos || line.find(' ') < colon) throw std::runtime_error("not a field: " + line);
      fields.emplace_back(line.substr(0, colon), line.substr(colon + 2));
    }
    for (auto& [name, value] : fields) {
      const bool quoted = (name == "From" || name == "To") && value.starts_with('"');
      value = quoted ? unquote(value) : decode(value);
    }
    return fields;
  }

 private:
  static std::string unquote(const std::string& value) {
    std::string out;
    std::size_t i = 1;
    for (; value.at(i) != '"'; ++i) {
      if (value[i] == '\\') ++i;
      out += value[i];
    }
    return out + value.substr(i + 1);
  }

  static std::string take_line(std::string& block) {
    const std::string line = block.substr(0, block.find("\r\n"));
    if (line.size() > 998) throw std::runtime_error("line too long");
    for (const char c : line)
      if (c < 0x20 || c == 0x7F) throw std::runtime_error("a character that no header may hold");
    block.erase(0, line.size() + 2);
    return line;
  }

  static std::string decode(const std::string& value) {
    std::string out;
    std::size_t at = 0;
    while (true) {
      const std::size_t start = value.find("=?UTF-8?B?", at);
      if (start == std::string::npos) return out + value.substr(at);
      const std::size_t end = value.find("?=", start + 10);
      if (end + 2 - start > 75) throw std::runtime_error("encoded-word too long");
      const std::string between = value.substr(at, start - at);
      const bool after_word = at > 0 && between == " ";  // White space between encoded-words is not shown.
      if (!after_word) out += between;
      out += decode_word(value.substr(start + 10, end - start - 10));
      at = end + 2;
    }
  }

  static std::string decode_word(const std::string& text) {
    std::istringstream in(text);
    Poco::Base64Decoder decoder(in);
    return {std::istreambuf_iterator<char>(decoder), {}};
  }
};

}  // namespace pawl::mail
