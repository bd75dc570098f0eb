// The one setting that says how mail leaves: `PAWL_MAIL`.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "workflows/mail/message/mailer.h"
#include "workflows/mail/smtp/options.h"

namespace pawl::mail {

/// `url` is one of
///
///     smtp://[user@]host[:port][?options]    STARTTLS required; port 587 with a user, 25 without
///     smtps://[user@]host[:port][?options]   TLS from the first byte; port 465
///     maildir:PATH                           files, for development
///     null:                                  accepts and forgets, for benchmarks
///
/// with `tls=none` (smtp:// only: no STARTTLS) or `tls=required` (STARTTLS also from a relay on this host, which is
/// otherwise spoken to without where it offers none), `ca=FILE` (PEM certificates to trust instead of the system's),
/// `ehlo=NAME` (instead of this host's), `auth=MECHANISM` (sasl.h), `pipelining=off`, `connections=N` (1 to 1000, 8
/// unless given) and `login-timeout=S`, `reply-timeout=S`, `final-timeout=S` (seconds, a day at most; see SmtpOptions)
/// as options, joined by `&`. The user is everything up to the last `@` before the host. User and option values may be
/// percent-encoded. The password never is part of the url.
struct MailerConfig {
  std::string url;
  std::string password;            ///< Or access token. Needed with a user, else unused.
  std::string password_file = "";  ///< Read at each login instead of `password`; empty: none.
  /// Gets the password, and masks what the relay says.
  std::shared_ptr<redaction::OwnSecrets> secrets = std::make_shared<redaction::OwnSecrets>();
  SmtpTrace trace = {};
  SmtpWarn warn = {};
};

/// Throws engine::RefusedError that names the variable and the accepted forms, and never quotes the url.
std::unique_ptr<Mailer> make_mailer(const MailerConfig& config);

/// The part of make_mailer that reads `smtp://` and `smtps://`.
SmtpOptions smtp_options(const MailerConfig& config);

/// Whether the url is one of those two.
bool is_smtp(const std::string& url);

/// What whoever starts a worker with these options should know: passwords in clear, mail in clear, a port that is
/// another protocol's. A sentence each.
std::vector<std::string> smtp_warnings(const SmtpOptions& options);

}  // namespace pawl::mail
