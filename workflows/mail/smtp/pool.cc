// Lends connections out.
#include "workflows/mail/smtp/pool.h"

#include <algorithm>
#include <utility>

namespace pawl::mail {

std::size_t SmtpPool::count(State state) const { return static_cast<std::size_t>(std::ranges::count(states_, state)); }

std::size_t SmtpPool::find(State state) const {
  return static_cast<std::size_t>(std::ranges::find(states_, state) - states_.begin());
}

std::optional<SmtpPool::Time> SmtpPool::grows_at() const {
  return shrunk_until_ == Time{} ? std::nullopt : std::optional(shrunk_until_);
}

// Asked when no open connection is free.
bool SmtpPool::may_log_in(Time now) const {
  const std::size_t working = count(State::kWorking);
  const std::size_t logging_in = count(State::kLoggingIn);
  const bool one_at_a_time = working == 0 || in_doubt_;
  return (!one_at_a_time || logging_in == 0) && working + logging_in < limit(now);
}

std::optional<std::size_t> SmtpPool::borrow(Time now) {
  if (shrunk_until_ <= now) shrunk_until_ = {};
  if (const std::size_t open = find(State::kOpen); open < states_.size()) {
    states_[open] = State::kWorking;
    return open;
  }
  const std::size_t closed = find(State::kClosed);
  if (closed == states_.size() || !may_log_in(now)) return std::nullopt;
  states_[closed] = State::kLoggingIn;
  return closed;
}

bool SmtpPool::logged_in(std::size_t connection) {
  const bool is_new = std::exchange(states_[connection], State::kWorking) == State::kLoggingIn;
  if (is_new) in_doubt_ = false;
  if (is_new) refused_until_ = {};
  return is_new;
}

std::optional<DeliveryReport> SmtpPool::give_back(std::size_t connection, const SmtpEnding& ending, Time now) {
  states_[connection] = ending.kept ? State::kOpen : State::kClosed;
  in_doubt_ |= !ending.kept;
  const bool login_failed = !ending.ok && ending.phase == SmtpPhase::kLogin && !ending.interrupted;
  return login_failed ? fail_login(ending, now) : decide(ending);
}

std::optional<DeliveryReport> SmtpPool::fail_login(const SmtpEnding& ending, Time now) {
  const std::size_t others = states_.size() - count(State::kClosed);
  if (others > 0) {
    shrunk_to_ = others;
    shrunk_until_ = now + kShrunkFor;
    return std::nullopt;
  }
  shrunk_until_ = {};
  ++outages_;
  outage_ = decide(ending);
  if (outage_.delivery == Delivery::kLoginRefused) refused_until_ = now + kNoLoginFor;
  return outage_;
}

}  // namespace pawl::mail
