// Checks senders' addresses when a worker starts, rather than at the first mail.
#include "workflows/mail/message/sender.h"

#include "engine/authoring/errors.h"
#include "workflows/mail/message/address.h"
#include "workflows/text/plain_text.h"

namespace pawl::mail {

namespace {

std::string usable(const std::string& role, const std::string& typed) {
  std::string address = normalised_address(typed);
  if (const auto reason = why_unusable(address))
    throw engine::RefusedError(role + " of mail " + text::in_quotes(address) + ": " + *reason +
                               "; give a bare address such as alerts@example.com");
  return address;
}

}  // namespace

std::string Sender::domain() const { return address.substr(address.rfind('@') + 1); }

Sender usable_sender(Sender typed) {
  typed.address = usable("sender", typed.address);
  if (!typed.reply_to.empty()) typed.reply_to = usable("address for replies", typed.reply_to);
  if (!typed.envelope_from.empty()) typed.envelope_from = usable("envelope sender", typed.envelope_from);
  if (!is_message_id(message_id({}, typed.domain())))
    throw engine::RefusedError("sender of mail " + text::in_quotes(typed.address) +
                               ": its host name is too long for a message id; give an address with a shorter one");
  return typed;
}

void sign(Message& message, const Sender& sender) {
  message.from_name = sender.name;
  message.from = sender.address;
  message.reply_to = sender.reply_to;
  message.envelope_from = sender.envelope_from;
}

}  // namespace pawl::mail
