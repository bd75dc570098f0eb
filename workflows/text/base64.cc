// Base64 by a table of the two characters that twelve bits become: OpenSSL takes twice the instructions for it.
#include "workflows/text/base64.h"

#include <endian.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace pawl::text {

namespace {

constexpr std::size_t kBytesOfLine = 57;
constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

using Pair = std::array<char, 2>;
constexpr auto kPairs = [] {
  std::array<Pair, 4096> pairs{};
  for (std::size_t bits = 0; bits < pairs.size(); ++bits) pairs[bits] = {kAlphabet[bits >> 6], kAlphabet[bits & 63]};
  return pairs;
}();

std::size_t encoded_size(std::size_t bytes) { return (bytes + 2) / 3 * 4; }

// Three bytes; one more is read, and does not matter.
char* encode_three(char* to, const char* from) {
  std::uint32_t bytes;
  std::memcpy(&bytes, from, sizeof bytes);
  bytes = be32toh(bytes);
  std::memcpy(to, kPairs[bytes >> 20].data(), 2);
  std::memcpy(to + 2, kPairs[bytes >> 8 & 0xFFF].data(), 2);
  return to + 4;
}

// The bytes are part of a string, so that there is one behind them: its zero at the least.
char* encode(char* to, std::string_view bytes) {
  for (; bytes.size() >= 3; bytes.remove_prefix(3)) to = encode_three(to, bytes.data());
  if (bytes.empty()) return to;
  std::array<char, 4> last{};
  const std::size_t missing = 3 - bytes.copy(last.data(), 2);
  to = encode_three(to, last.data());
  std::fill(to - missing, to, '=');
  return to;
}

// The six bits of a character, or more than six for one that has none.
constexpr auto kBits = [] {
  std::array<std::uint8_t, 256> bits{};
  bits.fill(64);
  for (std::uint8_t i = 0; i < 64; ++i) bits[static_cast<unsigned char>(kAlphabet[i])] = i;
  bits['-'] = 62;
  bits['_'] = 63;
  return bits;
}();

}  // namespace

std::string base64(const std::string& bytes) {
  std::string encoded(encoded_size(bytes.size()), '\0');
  encode(encoded.data(), bytes);
  return encoded;
}

std::string base64_lines(const std::string& bytes) {
  std::string encoded(encoded_size(bytes.size()) + bytes.size() / kBytesOfLine * 2, '\0');
  char* end = encoded.data();
  for (std::string_view rest = bytes; !rest.empty();) {
    if (end != encoded.data()) end = std::copy_n("\r\n", 2, end);
    const std::string_view line = rest.substr(0, kBytesOfLine);
    end = encode(end, line);
    rest.remove_prefix(line.size());
  }
  encoded.resize(static_cast<std::size_t>(end - encoded.data()));
  return encoded;
}

std::string decode_base64(std::string_view text) {
  std::string bytes;
  unsigned held = 0;
  int bits = 0;
  for (const char c : text) {
    const unsigned six = kBits[static_cast<unsigned char>(c)];
    if (six > 63) break;
    held = (held << 6 | six) & 0xFFFF;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>(held >> bits & 0xFF);
  }
  return bytes;
}

}  // namespace pawl::text
