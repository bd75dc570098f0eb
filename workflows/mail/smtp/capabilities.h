// What a relay announces in its answer to EHLO (RFC 5321, section 4.1.1.1).
#pragma once

#include <string>
#include <vector>

namespace pawl::mail {

struct SmtpCapabilities {
  bool pipelining = false;                   ///< Takes commands before it has answered those before (RFC 2920).
  bool size = false;                         ///< Wants to know how long a message will be (RFC 1870).
  bool utf8 = false;                         ///< Takes internationalised addresses and headers (RFC 6531).
  bool starttls = false;                     ///< RFC 3207.
  std::vector<std::string> mechanisms = {};  ///< Logins that it offers (RFC 4954), in upper case, as it orders them.
};

/// Reads the reply's lines, code included; what no line says is not announced.
SmtpCapabilities read_capabilities(const std::vector<std::string>& lines);

}  // namespace pawl::mail
