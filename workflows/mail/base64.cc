// Base64 by OpenSSL, a line at a time: Poco goes through a stream a character at a time.
#include "workflows/mail/base64.h"

#include <openssl/evp.h>

#include <algorithm>

namespace pawl::mail {

namespace {

constexpr std::size_t kBytesOfLine = 57;

std::size_t encoded_size(std::size_t bytes) { return (bytes + 2) / 3 * 4; }

// OpenSSL ends what it writes with a zero, so there has to be room for one more.
char* encode_block(char* to, std::string_view bytes) {
  const auto* from = reinterpret_cast<const unsigned char*>(bytes.data());
  return to + EVP_EncodeBlock(reinterpret_cast<unsigned char*>(to), from, static_cast<int>(bytes.size()));
}

}  // namespace

std::string base64(std::string_view bytes) {
  std::string encoded(encoded_size(bytes.size()) + 1, '\0');
  encode_block(encoded.data(), bytes);
  encoded.pop_back();
  return encoded;
}

std::string base64_lines(std::string_view bytes) {
  std::string encoded(encoded_size(bytes.size()) + bytes.size() / kBytesOfLine * 2 + 1, '\0');
  char* end = encoded.data();
  for (bool first = true; !bytes.empty(); first = false) {
    if (!first) end = std::copy_n("\r\n", 2, end);
    const std::string_view line = bytes.substr(0, kBytesOfLine);
    end = encode_block(end, line);
    bytes.remove_prefix(line.size());
  }
  encoded.resize(static_cast<std::size_t>(end - encoded.data()));
  return encoded;
}

}  // namespace pawl::mail
