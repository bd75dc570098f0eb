// Where the relay is, how to log in, and how long to wait for it.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "workflows/mail/smtp/identity/sasl.h"
#include "workflows/redaction/own_secrets.h"

namespace pawl::mail {

enum class SmtpTls {
  kRequired,  ///< `smtp://` by STARTTLS, `smtps://` from the first byte; no certificate that verifies, no mail. A relay
              ///< on this host that offers no STARTTLS is spoken to without.
  kEverywhere,  ///< As above, on this host too.
  kNone,        ///< Plain text, password included: for a relay on this host or a private wire.
};

/// Called with each thing that happens on a connection, in words; on the thread that sends.
using SmtpTrace = std::function<void(const std::string& what, const std::string& words)>;

/// Called with a sentence for whoever runs the worker; on the thread that sends.
using SmtpWarn = std::function<void(const std::string&)>;

struct SmtpOptions {
  std::string url;  ///< `smtp://host:port` or `smtps://host:port`, for the words of errors.
  std::string host;
  int port = 25;
  bool implicit_tls = false;  ///< TLS from the first byte.
  std::string ehlo;           ///< The name to say in EHLO; empty: this host's, or its address.
  std::string username;       ///< Empty: no login.
  std::string password;       ///< Or access token. Never logged, and part of no error.
  std::string password_file;  ///< Read at each login instead; empty: none.
  /// Gets the password, and masks what the relay says.
  std::shared_ptr<redaction::OwnSecrets> secrets = std::make_shared<redaction::OwnSecrets>();
  std::optional<SaslMechanism> auth;  ///< Log in by this mechanism; nothing: by what the relay offers.
  SmtpTls tls = SmtpTls::kRequired;
  bool pipelining = true;                   ///< Where the relay announces it.
  std::string ca_file;                      ///< PEM certificates to trust instead of the system's; empty: the system's.
  std::size_t connections = 8;              ///< Kept open and used again; at least 1.
  std::chrono::seconds login_timeout{30};   ///< Look-up, TCP, TLS, greeting, EHLO and AUTH together.
  std::chrono::seconds reply_timeout{300};  ///< Each reply until DATA is answered (RFC 5321, section 4.5.3.2).
  std::chrono::seconds final_timeout{600};  ///< The reply to the final dot, and a body that does not move.
  SmtpTrace trace;                          ///< May be empty.
  SmtpWarn warn;                            ///< The same.

  void tell(const std::string& what, const std::string& words) const {
    if (trace) trace(what, words);
  }
};

}  // namespace pawl::mail
