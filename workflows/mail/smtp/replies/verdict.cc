// The table from phases and codes to deliveries.
#include "workflows/mail/smtp/replies/verdict.h"

#include "workflows/mail/smtp/replies/refusal.h"
#include "workflows/text/utf8.h"

namespace pawl::mail {
namespace {

constexpr std::size_t kWordsMax = 500;

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

Delivery failed_login(const SmtpEnding& ending) {
  if (ending.interrupted) return Delivery::kDeferred;
  return ending.tried_login ? Delivery::kLoginRefused : Delivery::kRelayDown;
}

Delivery delivery_of(const SmtpEnding& ending) {
  if (ending.ok) return Delivery::kAccepted;
  if (ending.phase == SmtpPhase::kLogin) return failed_login(ending);
  if (ending.unsupported) return ending.phase == SmtpPhase::kMail ? Delivery::kSenderRefused : Delivery::kRejected;
  if (ending.reply.transient()) return Delivery::kDeferred;
  if (ending.reply.permanent()) return refused_by(ending.phase, ending.reply, ending.parameters);
  if (!ending.handed_over) return Delivery::kDeferred;
  if (accepts_message(ending.reply)) return Delivery::kAccepted;
  // The window that no client can close: the server may have taken the message and died before it said so.
  return Delivery::kInDoubt;
}

}  // namespace

DeliveryReport decide(const SmtpEnding& ending) {
  const bool answered = ending.ok || ending.reply.transient() || ending.reply.permanent();
  std::string words = ending.reply.text;
  const bool told_nothing = ending.handed_over && ending.reply.positive();
  if (ending.unsupported)
    words = ending.error;
  else if (!answered)
    words = ending.error + (told_nothing ? "" : std::string(", ") + waiting_for(ending.phase));
  if (answered && ending.phase == SmtpPhase::kLogin) words = ending.error + ": " + words;
  return {delivery_of(ending), text::one_line(words, kWordsMax)};
}

}  // namespace pawl::mail
