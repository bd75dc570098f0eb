// Whom mails are from, as a deployment sets it.
#pragma once

#include <string>

#include "workflows/mail/message/message.h"

namespace pawl::mail {

struct Sender {
  std::string address;             ///< Bare, like the other two.
  std::string name;                ///< May be empty.
  std::string reply_to = {};       ///< Empty: replies go to `address`.
  std::string envelope_from = {};  ///< Where bounces go; empty: to `address`.

  /// Of `address`: the right half of every Message-ID.
  std::string domain() const;
};

/// Its addresses normalised (address.h). Throws engine::RefusedError naming the one that cannot be used.
Sender usable_sender(Sender typed);

/// Makes the message one of this sender.
void sign(Message& message, const Sender& sender);

}  // namespace pawl::mail
