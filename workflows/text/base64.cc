// Base64 by OpenSSL, in lines of mail, and of the URLs' alphabet as well.
#include "workflows/text/base64.h"

#include <openssl/evp.h>

#include <algorithm>

#include "workflows/text/ascii.h"

namespace pawl::text {

namespace {

constexpr std::size_t kBytesOfLine = 57;

const unsigned char* bytes_of(const char* text) { return reinterpret_cast<const unsigned char*>(text); }

// Its output ends with a zero, for which there is room in a string.
void append_base64(std::string& text, std::string_view bytes) {
  const std::size_t before = text.size();
  text.resize(before + (bytes.size() + 2) / 3 * 4);
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data() + before), bytes_of(bytes.data()),
                  static_cast<int>(bytes.size()));
}

bool is_base64(char c) { return is_alphanumeric(c) || c == '+' || c == '/'; }

}  // namespace

std::string base64(const std::string& bytes) {
  std::string text;
  append_base64(text, bytes);
  return text;
}

std::string base64_lines(const std::string& bytes) {
  std::string text;
  text.reserve((bytes.size() / kBytesOfLine + 1) * (kBytesOfLine / 3 * 4 + 2));
  for (std::string_view rest = bytes; !rest.empty(); rest.remove_prefix(std::min(rest.size(), kBytesOfLine))) {
    if (!text.empty()) text += "\r\n";
    append_base64(text, rest.substr(0, kBytesOfLine));
  }
  return text;
}

std::string decode_base64(std::string_view text) {
  std::string groups(text);
  std::replace(groups.begin(), groups.end(), '-', '+');
  std::replace(groups.begin(), groups.end(), '_', '/');
  groups.erase(std::find_if_not(groups.begin(), groups.end(), is_base64), groups.end());
  const std::size_t whole_bytes = groups.size() * 6 / 8;
  groups.append((4 - groups.size() % 4) % 4, 'A');
  std::string bytes(groups.size() / 4 * 3, '\0');
  EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()), bytes_of(groups.data()),
                  static_cast<int>(groups.size()));
  bytes.resize(whole_bytes);
  return bytes;
}

}  // namespace pawl::text
