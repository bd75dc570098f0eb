// From nothing to a connection that is ready for MAIL FROM: greeting, EHLO, STARTTLS and AUTH.
#pragma once

#include <memory>
#include <string>

#include "workflows/mail/smtp/capabilities.h"
#include "workflows/mail/smtp/channel.h"
#include "workflows/mail/smtp/findings.h"
#include "workflows/mail/smtp/options.h"
#include "workflows/mail/smtp/replies/verdict.h"

namespace pawl::mail {

/// A connection that is logged in.
struct SmtpSession {
  std::unique_ptr<SmtpChannel> channel;
  SmtpCapabilities capabilities;
};

/// Blocks, at most `options.login_timeout`, but for the system's look-up of its own name. `ending` gets the relay's
/// last words and whether it was asked to take a password, also where this fails. Throws SmtpChannelError. The options
/// outlive the session.
SmtpSession log_in(const SmtpOptions& options, SmtpFindings& findings, const SmtpChannel::Interrupted& interrupted,
                   SmtpEnding& ending);

}  // namespace pawl::mail
