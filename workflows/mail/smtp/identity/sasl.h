// How a client proves who it is (SASL, RFC 4422), by the mechanisms that a password or an access token serves.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::mail {

enum class SaslMechanism {
  kPlain,        ///< RFC 4616.
  kLogin,        ///< draft-murchison-sasl-login: what many servers offer beside PLAIN, or instead.
  kCramMd5,      ///< RFC 2195.
  kXoauth2,      ///< Google's and Microsoft's, with an access token.
  kOauthBearer,  ///< RFC 7628, with an access token.
};

std::string_view name_of(SaslMechanism mechanism);
/// By its name in any case; nothing for a mechanism that is not of these.
std::optional<SaslMechanism> sasl_mechanism(std::string_view name);
bool takes_token(SaslMechanism mechanism);

/// Which mechanisms to try, in this order: those a password serves that are `offered`, or the `chosen` one alone,
/// offered or not.
std::vector<SaslMechanism> sasl_candidates(std::optional<SaslMechanism> chosen,
                                           const std::vector<std::string>& offered);

struct SaslCredentials {
  std::string user;
  std::string secret;  ///< Password or access token.
  std::string host;    ///< Whom it is shown to; only OAUTHBEARER says so.
  int port = 0;
};

/// One login by one mechanism. What is said and heard here is base64.
class SaslClient {
 public:
  SaslClient(SaslMechanism mechanism, const SaslCredentials& credentials)
      : mechanism_(mechanism), credentials_(credentials) {}

  /// What goes with the AUTH command; empty: the server speaks first.
  std::string initial_response() const;
  /// The answer to the server's next challenge.
  std::string answer(std::string_view challenge);

 private:
  const SaslMechanism mechanism_;
  const SaslCredentials& credentials_;
  int challenges_ = 0;
};

}  // namespace pawl::mail
