// One call of send(): which connection takes which envelope next, and when the relay counts as down.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

#include "workflows/mail/mailer.h"
#include "workflows/mail/smtp_verdict.h"

namespace pawl::mail {

/// Begins with one connection, so that a relay that is down or refuses our password sees one attempt; opens the others
/// once that one is logged in. A connection whose login fails while others work is retired for the round (relays limit
/// connections), and its envelope goes to the others; when no other works, all that is left is kRelayDown. Knows no
/// network. Thread-safe.
class SmtpRound {
 public:
  struct Job {
    std::size_t connection = 0;
    std::size_t index = 0;  ///< Of the envelope.
    bool fresh = false;     ///< Not over a kept connection: one had died under this envelope.
  };

  SmtpRound(std::size_t envelopes, std::size_t connections);

  /// The next envelope for a connection, by its number below `connections`; waits for one; nothing when the round is
  /// over.
  std::optional<Job> take(std::size_t connection);
  void logged_in();
  void settle(const Job& job, const SmtpEnding& ending);
  /// Once take() has returned nothing: one report an envelope, in order.
  std::vector<DeliveryReport> reports() const;

 private:
  struct Waiting {
    std::size_t index = 0;
    bool fresh = false;
  };
  enum class State { kIdle, kBusy, kHolding, kRetired };

  bool over() const;
  bool may_start(std::size_t connection) const;
  bool working(State state) const { return state == State::kBusy || state == State::kHolding; }
  void fail_login(const Job& job, const SmtpEnding& ending);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Waiting> queue_;
  std::vector<State> connections_;
  bool opened_ = false;  // Somebody has logged in.
  std::vector<DeliveryReport> reports_;
  std::vector<bool> logged_in_;  // By envelope: it ended after the login.
};

}  // namespace pawl::mail
