// The table from phases and codes to deliveries.
#include "workflows/mail/smtp_verdict.h"

#include "workflows/mail/utf8.h"

namespace pawl::mail {
namespace {

const char* waiting_for(SmtpPhase phase) {
  switch (phase) {
    case SmtpPhase::kLogin:
      return "before the login was done";
    case SmtpPhase::kMail:
      return "before MAIL FROM was answered";
    case SmtpPhase::kRcpt:
      return "before RCPT TO was answered";
    case SmtpPhase::kData:
      return "before DATA was answered";
    case SmtpPhase::kFinalDot:
      return "before the end of the message was answered";
  }
  return "";
}

// Refusals of us, not of a recipient: no login, no permission, no such sender.
bool blames_the_relay_setup(const SmtpReply& reply) {
  if (reply.code == 530 || reply.code == 534 || reply.code == 535 || reply.code == 538) return true;
  const std::string_view status = enhanced_status(reply);
  return status.starts_with("5.7.") || status == "5.1.7" || status == "5.1.8";
}

bool blames_the_size(const SmtpReply& reply) {
  const std::string_view status = enhanced_status(reply);
  return reply.code == 552 || status == "5.3.4" || status == "5.2.3";
}

Delivery refused_for_good(SmtpPhase phase, const SmtpReply& reply) {
  if (blames_the_relay_setup(reply)) return Delivery::kRelayDown;
  // MAIL FROM names no recipient: unless this message is too large, everybody's would be refused.
  if (phase == SmtpPhase::kMail && !blames_the_size(reply)) return Delivery::kRelayDown;
  return Delivery::kRejected;
}

Delivery delivery_of(const SmtpEnding& ending) {
  if (ending.ok) return Delivery::kAccepted;
  if (ending.phase == SmtpPhase::kLogin) return ending.interrupted ? Delivery::kDeferred : Delivery::kRelayDown;
  if (ending.reply.transient()) return Delivery::kDeferred;
  if (ending.reply.permanent()) return refused_for_good(ending.phase, ending.reply);
  if (!ending.handed_over) return Delivery::kDeferred;
  if (ending.reply.positive()) return Delivery::kAccepted;
  // The window that no client can close: the server may have taken the message and died before it said so.
  return Delivery::kInDoubt;
}

}  // namespace

DeliveryReport decide(const SmtpEnding& ending) {
  const bool answered = ending.ok || ending.reply.transient() || ending.reply.permanent();
  std::string words = ending.reply.text;
  if (!answered) words = ending.error + ", " + waiting_for(ending.phase);
  if (answered && ending.phase == SmtpPhase::kLogin) words = ending.error + ": " + words;
  return {delivery_of(ending), one_line(words, SmtpReplyReader::kTextMax)};
}

}  // namespace pawl::mail
