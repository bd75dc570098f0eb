// The five mechanisms.
#include "workflows/mail/smtp/identity/sasl.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>

#include "workflows/text/ascii.h"
#include "workflows/text/base64.h"

namespace pawl::mail {
namespace {

struct Entry {
  SaslMechanism mechanism;
  std::string_view name;
};

// In the order in which a password is tried.
constexpr std::array kMechanisms{Entry{SaslMechanism::kPlain, "PLAIN"}, Entry{SaslMechanism::kLogin, "LOGIN"},
                                 Entry{SaslMechanism::kCramMd5, "CRAM-MD5"}, Entry{SaslMechanism::kXoauth2, "XOAUTH2"},
                                 Entry{SaslMechanism::kOauthBearer, "OAUTHBEARER"}};

// `user` and the keyed digest of the challenge in hexadecimal digits.
std::string cram_md5(const SaslCredentials& credentials, const std::string& challenge) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  HMAC(EVP_md5(), credentials.secret.data(), static_cast<int>(credentials.secret.size()),
       reinterpret_cast<const unsigned char*>(challenge.data()), challenge.size(), digest.data(), &size);
  std::string answer = credentials.user + " ";
  for (unsigned i = 0; i < size; ++i) answer.append({kDigits[digest[i] >> 4], kDigits[digest[i] & 15]});
  return answer;
}

// A comma or an equals sign in a name is written otherwise (RFC 5801, section 4).
std::string gs2_name(const std::string& user) {
  std::string name;
  for (const char c : user) name += c == ',' ? "=2C" : c == '=' ? "=3D" : std::string(1, c);
  return name;
}

std::string oauth_bearer(const SaslCredentials& to) {
  return "n,a=" + gs2_name(to.user) + ",\x01host=" + to.host + "\x01port=" + std::to_string(to.port) +
         "\x01"
         "auth=Bearer " +
         to.secret + "\x01\x01";
}

}  // namespace

std::string_view name_of(SaslMechanism mechanism) {
  return std::ranges::find(kMechanisms, mechanism, &Entry::mechanism)->name;
}

std::optional<SaslMechanism> sasl_mechanism(std::string_view name) {
  const std::string wanted = text::upper_cased(std::string(name));
  const auto* const found = std::ranges::find(kMechanisms, std::string_view(wanted), &Entry::name);
  return found == kMechanisms.end() ? std::nullopt : std::optional(found->mechanism);
}

bool takes_token(SaslMechanism mechanism) {
  return mechanism == SaslMechanism::kXoauth2 || mechanism == SaslMechanism::kOauthBearer;
}

std::vector<SaslMechanism> sasl_candidates(std::optional<SaslMechanism> chosen,
                                           const std::vector<std::string>& offered) {
  if (chosen) return {*chosen};
  std::vector<SaslMechanism> candidates;
  for (const auto& [mechanism, name] : kMechanisms)
    if (!takes_token(mechanism) && std::ranges::find(offered, name) != offered.end()) candidates.push_back(mechanism);
  return candidates;
}

std::string SaslClient::initial_response() const {
  const auto& [user, secret, host, port] = credentials_;
  switch (mechanism_) {
    case SaslMechanism::kPlain:
      return text::base64(std::string(1, '\0') + user + std::string(1, '\0') + secret);
    case SaslMechanism::kXoauth2:
      return text::base64("user=" + user +
                          "\x01"
                          "auth=Bearer " +
                          secret + "\x01\x01");
    case SaslMechanism::kOauthBearer:
      return text::base64(oauth_bearer(credentials_));
    case SaslMechanism::kLogin:
    case SaslMechanism::kCramMd5:
      break;
  }
  return {};
}

std::string SaslClient::answer(std::string_view challenge) {
  const bool first = challenges_++ == 0;
  switch (mechanism_) {
    case SaslMechanism::kPlain:  // a server that did not take the initial response asks for it
      return initial_response();
    case SaslMechanism::kLogin:
      return text::base64(first ? credentials_.user : credentials_.secret);
    case SaslMechanism::kCramMd5:
      return text::base64(cram_md5(credentials_, text::decode_base64(challenge)));
    case SaslMechanism::kXoauth2:  // the challenge says what is wrong with the token; the refusal comes after our turn
      return challenge.empty() ? initial_response() : "";
    case SaslMechanism::kOauthBearer:
      return challenge.empty() ? initial_response() : "AQ==";
  }
  return {};
}

}  // namespace pawl::mail
