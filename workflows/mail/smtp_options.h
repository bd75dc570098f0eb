// Where the relay is, how to log in, and how long to wait for it.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace pawl::mail {

enum class SmtpTls {
  kRequired,  ///< `smtp://` by STARTTLS, `smtps://` from the first byte; no certificate that verifies, no mail.
  kNone,      ///< Plain text, password included: for a relay on this host or a private wire.
};

struct SmtpOptions {
  std::string url;       ///< `smtp://host:port` or `smtps://host:port`; a path is the name to say in EHLO.
  std::string username;  ///< Empty: no login.
  std::string password;  ///< Never logged, and part of no error.
  SmtpTls tls = SmtpTls::kRequired;
  std::string ca_file;                      ///< PEM certificates to trust instead of the system's; empty: the system's.
  std::size_t connections = 8;              ///< Kept open and used again; at least 1.
  std::chrono::seconds login_timeout{30};   ///< Look-up, TCP, TLS, greeting, EHLO and AUTH together.
  std::chrono::seconds reply_timeout{300};  ///< Each reply until DATA is answered (RFC 5321, section 4.5.3.2).
  std::chrono::seconds final_timeout{600};  ///< The reply to the final dot, and a body that does not move.
};

}  // namespace pawl::mail
