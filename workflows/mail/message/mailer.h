// The port to whatever carries mail: hands over rendered messages and says what became of each.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "engine/authoring/clock.h"

namespace pawl::mail {

/// A message ready to hand over. `bytes` is the whole RFC 5322 message with CRLF line ends.
struct Envelope {
  std::string from;  ///< Bare addresses, already validated.
  std::string to;
  std::string message_id;  ///< With its angle brackets, as in the header.
  std::string bytes;
};

enum class Delivery {
  kAccepted,        ///< The server took responsibility (2yz to the final dot).
  kRejected,        ///< Not sent; this recipient or message is refused for good.
  kRefused,         ///< Not sent; refused in words that do not tell whether for this mail's sake or for ours.
  kAccountRefused,  ///< The same, in words about us: sender, quota, relaying. Still it may be the mail's own fault.
  kDeferred,        ///< Not sent; trying again later may help.
  kInDoubt,         ///< Died between the final dot and the reply: it may or may not have been sent.
  kSenderRefused,   ///< Not sent; refused for our sender, as all our mails would be.
  kRelayDown,       ///< Not sent; the relay is out of reach, or refuses us before the login: nobody's would go.
  kLoginRefused,    ///< The same, since the login failed: asking often may lock the account.
};

struct DeliveryReport {
  Delivery delivery = Delivery::kDeferred;
  std::string reply;  ///< The server's last words or the transport's error, without control characters.
};

/// Safe to call from several threads.
class Mailer {
 public:
  virtual ~Mailer() = default;

  /// One report an envelope, in order. Never throws for what a server does. Blocks until every one is decided; a call
  /// that a relay keeps waiting holds up no other.
  virtual std::vector<DeliveryReport> send(std::span<const Envelope> envelopes) = 0;

  /// How many envelopes are worth handing over in one call, and how many calls are worth making at once. Their product
  /// bounds what a crash can leave in doubt.
  virtual std::size_t width() const = 0;
  virtual std::size_t calls() const { return 1; }

  /// How long a call may honestly take with a relay that uses up every one of its times; 0 where nobody is waited for.
  virtual engine::Duration longest_call() const { return engine::Duration{0}; }

  /// Changes when what we log in with has changed, as a password file does: what was refused may be taken now. Blocks
  /// no longer than a look at a file.
  virtual std::string credentials_version() const { return {}; }

  /// Lets the calls of this moment come back within seconds, whatever the relay does: what cannot be known by then is
  /// kInDoubt, what was not handed over is kDeferred. Later calls send as ever. Does not block.
  virtual void interrupt() {}
};

}  // namespace pawl::mail
