// Which connection may take the next mail, and when the relay counts as down.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

#include "workflows/mail/message/mailer.h"
#include "workflows/mail/smtp/replies/verdict.h"

namespace pawl::mail {

/// While no connection is logged in, one at a time tries, so that a relay that is down or refuses our password sees one
/// attempt however many mails wait. A login that fails beside others that work shrinks the pool for a while (relays
/// limit connections), and its mail goes over another connection. After a connection has died, too, one at a time tries
/// until one is logged in. Knows no network, no clock and no thread: the caller
/// locks.
class SmtpPool {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::seconds kShrunkFor{60};
  /// For so long after a refused login nobody tries another: calls that were on their way then are told the same. It is
  /// less than the engine waits before it probes.
  static constexpr std::chrono::seconds kNoLoginFor{20};

  explicit SmtpPool(std::size_t connections) : states_(connections, State::kClosed) {}

  /// The number of a connection to use now, one that is logged in first. Nothing: ask again when something has changed,
  /// or at grows_at().
  std::optional<std::size_t> borrow(Time now);
  /// The borrowed connection is ready for MAIL FROM. True if it was not before: others may log in now.
  bool logged_in(std::size_t connection);
  /// Takes the connection back and decides about the mail that it carried; nothing: to be sent over another connection.
  std::optional<DeliveryReport> give_back(std::size_t connection, const SmtpEnding& ending, Time now);

  /// How often the last hope of a login has failed, and what is to be reported of every mail that waited for it.
  unsigned long outages() const { return outages_; }
  const DeliveryReport& outage() const { return outage_; }
  /// A login was refused a moment ago, and nobody has logged in since.
  bool login_was_refused(Time now) const { return now < refused_until_; }
  /// When a pool that has shrunk may grow again.
  std::optional<Time> grows_at() const;

 private:
  enum class State { kClosed, kOpen, kLoggingIn, kWorking };  // The last two are borrowed.

  std::size_t count(State state) const;
  std::size_t find(State state) const;
  std::size_t limit(Time now) const { return now < shrunk_until_ ? shrunk_to_ : states_.size(); }
  bool may_log_in(Time now) const;
  std::optional<DeliveryReport> fail_login(const SmtpEnding& ending, Time now);

  std::vector<State> states_;
  std::size_t shrunk_to_ = 0;
  Time shrunk_until_{};
  Time refused_until_{};
  unsigned long outages_ = 0;
  DeliveryReport outage_;
  bool in_doubt_ = false;  // A connection has died, and none was logged in since.
};

}  // namespace pawl::mail
