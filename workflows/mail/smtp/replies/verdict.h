// Decides from how an SMTP transaction ended what became of its mail.
#pragma once

#include <string>

#include "workflows/mail/message/mailer.h"
#include "workflows/mail/smtp/replies/reply.h"

namespace pawl::mail {

/// What the transaction is waiting for; the reply that SMTP wants leads to the next.
enum class SmtpPhase { kLogin, kMail, kRcpt, kData, kFinalDot };

/// What MAIL FROM said of the message.
struct MailParameters {
  bool size = false;        ///< SIZE (RFC 1870), another for each mail.
  bool utf8 = false;        ///< SMTPUTF8 (RFC 6531), for the few that need it.
  std::string sender = {};  ///< The address, empty where it is the recipient's, too.
};

/// How one transaction ended.
struct SmtpEnding {
  bool ok = false;                      ///< The transport saw it through to the end.
  SmtpPhase phase = SmtpPhase::kLogin;  ///< Where it ended; kLogin is all from the name's lookup to AUTH.
  bool tried_login = false;             ///< AUTH was said.
  bool handed_over = false;             ///< The whole message has left for the server, final dot included.
  MailParameters parameters = {};       ///< Those of MAIL FROM.
  SmtpReply reply;                      ///< The last complete one in this phase or the one before.
  std::string error;                    ///< The transport's own words; empty if ok.
  /// Not the mail's fault: a kept connection had died before our first command was answered, or commands that were said
  /// at once were lost.
  bool stale = false;
  bool interrupted = false;  ///< We broke it off ourselves.
  /// The mail was not tried, since the relay offers no extension that it needs: `phase` is where it would have been
  /// refused, and there is no reply.
  bool unsupported = false;
  bool kept = false;  ///< The connection is ready for another mail.
};

/// The one table of outcomes: before the final dot, not sent; the dot possibly written and no complete reply, in
/// doubt, as it is with a reply that is neither 250 nor a refusal; 250 is accepted, and of a refusal refusal.h tells
/// whom it concerns. Pure.
DeliveryReport decide(const SmtpEnding& ending);

}  // namespace pawl::mail
