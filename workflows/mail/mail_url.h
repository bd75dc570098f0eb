// The one setting that says how mail leaves: `PAWL_MAIL`.
#pragma once

#include <memory>
#include <string>

#include "workflows/mail/mailer.h"
#include "workflows/mail/smtp_options.h"

namespace pawl::mail {

/// `url` is one of
///
///     smtp://[user@]host[:port][/ehlo-name][?options]    STARTTLS required; port 587 with a user, 25 without
///     smtps://[user@]host[:port][/ehlo-name][?options]   TLS from the first byte; port 465
///     maildir:PATH                                       files, for development
///     null:                                              accepts and forgets, for benchmarks
///
/// with `tls=none` (smtp:// only: no STARTTLS), `ca=FILE` (PEM certificates to trust instead of the system's),
/// `connections=N` (1 to 1000, 8 unless given) and `login-timeout=S`, `reply-timeout=S`, `final-timeout=S` (seconds, a
/// day at most; see SmtpOptions) as options, joined by `&`. User and option values may be percent-encoded. The password
/// never is part of the url.
struct MailerConfig {
  std::string url;
  std::string password;  ///< Needed with a user, else unused.
};

/// Throws engine::RefusedError that names the variable and the accepted forms, and never quotes the url.
std::unique_ptr<Mailer> make_mailer(const MailerConfig& config);

/// The part of make_mailer that reads `smtp://` and `smtps://`.
SmtpOptions smtp_options(const MailerConfig& config);

}  // namespace pawl::mail
