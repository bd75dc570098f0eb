// Whom a relay's refusal concerns: the recipient or the message, our account, or nobody can tell yet.
#pragma once

#include "workflows/mail/smtp/replies/reply.h"
#include "workflows/mail/smtp/replies/verdict.h"

namespace pawl::mail {

/// Reads a 5yz reply to a command after the login. Codes that real relays use for us alone decide, and words that can
/// only be about us; then whoever is named first, we or the recipient; then the other codes. Whatever is left, 5.7.x
/// foremost, is open: kRefused, or kAccountRefused where it speaks of us. A refusal of MAIL is kSenderRefused only
/// where it speaks of us or all mails are introduced alike, as MAIL `with` no parameters is. The catalogue of replies
/// is in tests/workflows/mail/smtp/refusal_test.cc. Pure.
Delivery refused_by(SmtpPhase phase, const SmtpReply& reply, const MailParameters& with = {});

}  // namespace pawl::mail
