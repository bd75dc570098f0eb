// Derives message ids by digest, of OpenSSL: Poco's takes five times as long.
#include "workflows/mail/message/message_id.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <stdexcept>

namespace pawl::mail {
namespace {

constexpr std::size_t kIdMax = 250;
constexpr std::size_t kDigestSize = 40;  // of SHA-1, in hexadecimal
constexpr std::string_view kHexDigits = "0123456789abcdef";

bool is_hex_digit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }
constexpr auto kIdChars = [] {
  std::array<bool, 256> chars{};
  for (std::size_t c = 0x21; c < 0x7F; ++c) chars[c] = c != '<' && c != '>' && c != '@';
  return chars;
}();
bool is_id_char(char c) { return kIdChars[static_cast<unsigned char>(c)]; }

std::string id_of(std::string_view kind, std::initializer_list<std::string_view> parts, std::string_view domain) {
  std::string subject(kind);
  for (const std::string_view part : parts) subject.append(1, '\0').append(part);
  std::string id;
  id.reserve(kDigestSize + domain.size() + 3);
  return id.append("<").append(name_digest(subject)).append("@").append(domain).append(">");
}

}  // namespace

std::string name_digest(std::string_view text) {
  static const EVP_MD* const sha1 = EVP_MD_fetch(nullptr, "SHA1", nullptr);  // else it is looked up each time
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int size = 0;
  if (!sha1 || EVP_Digest(text.data(), text.size(), digest.data(), &size, sha1, nullptr) != 1)
    throw std::runtime_error("digest of a name: this OpenSSL offers no SHA-1");
  std::string hex(2 * size, '\0');
  char* to = hex.data();
  for (unsigned int i = 0; i < size; ++i) {
    *to++ = kHexDigits[digest[i] >> 4];
    *to++ = kHexDigits[digest[i] & 0xF];
  }
  return hex;
}

bool is_name_digest(std::string_view text) {
  return text.size() == kDigestSize && std::ranges::all_of(text, is_hex_digit);
}

std::string message_id(const MailKey& key, std::string_view domain) {
  return id_of("message", {key.workflow, key.effects_id, key.step, key.recipient}, domain);
}

std::string thread_id(std::string_view connection_id, std::string_view domain) {
  return id_of("thread", {connection_id, {}}, domain);
}

bool is_message_id(std::string_view id) {
  if (id.size() < 5 || id.size() > kIdMax || id.front() != '<' || id.back() != '>') return false;
  const std::string_view inner = id.substr(1, id.size() - 2);
  const std::size_t at = inner.find('@');
  return at != std::string_view::npos && at > 0 && at + 1 < inner.size() &&
         std::ranges::all_of(inner.substr(0, at), is_id_char) && std::ranges::all_of(inner.substr(at + 1), is_id_char);
}

}  // namespace pawl::mail
