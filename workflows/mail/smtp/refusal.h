// Whom a relay's refusal concerns: the recipient or the message, our account, or nobody can tell yet.
#pragma once

#include "workflows/mail/smtp/reply.h"
#include "workflows/mail/smtp/verdict.h"

namespace pawl::mail {

/// Reads a 5yz reply to a command after the login. Codes that real relays use for one thing only decide, then words
/// that name one; whatever is left, 5.7.x foremost, is open: kRefused, or kAccountRefused where it speaks of us. The
/// catalogue of replies is in tests/mail/smtp/refusal_test.cc. Pure.
Delivery refused_by(SmtpPhase phase, const SmtpReply& reply);

/// Whether a reply that ended the login says that our name or password are not taken.
bool refuses_login(const SmtpReply& reply);

}  // namespace pawl::mail
