// Hands envelopes to connections.
#include "workflows/mail/smtp_round.h"

#include <algorithm>

namespace pawl::mail {

SmtpRound::SmtpRound(std::size_t envelopes, std::size_t connections)
    : connections_(connections, State::kIdle), reports_(envelopes), logged_in_(envelopes) {
  for (std::size_t index = 0; index < envelopes; ++index) queue_.push_back({index, false});
}

bool SmtpRound::over() const { return queue_.empty() && std::ranges::count(connections_, State::kBusy) == 0; }

bool SmtpRound::may_start(std::size_t connection) const {
  if (queue_.empty() || connections_[connection] == State::kRetired) return false;
  return opened_ || std::ranges::count(connections_, State::kBusy) == 0;
}

std::optional<SmtpRound::Job> SmtpRound::take(std::size_t connection) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return over() || may_start(connection); });
  if (over()) return std::nullopt;
  const Waiting next = queue_.front();
  queue_.pop_front();
  connections_[connection] = State::kBusy;
  return Job{connection, next.index, next.fresh};
}

void SmtpRound::logged_in() {
  const std::lock_guard lock(mutex_);
  if (opened_) return;
  opened_ = true;
  changed_.notify_all();
}

void SmtpRound::settle(const Job& job, const SmtpEnding& ending) {
  const std::lock_guard lock(mutex_);
  connections_[job.connection] = ending.ok ? State::kHolding : State::kIdle;
  if (ending.stale && !job.fresh) {
    queue_.push_front({job.index, true});
  } else if (!ending.ok && ending.phase == SmtpPhase::kLogin) {
    fail_login(job, ending);
  } else {
    reports_[job.index] = decide(ending);
    logged_in_[job.index] = true;
  }
  changed_.notify_all();
}

void SmtpRound::fail_login(const Job& job, const SmtpEnding& ending) {
  connections_[job.connection] = State::kRetired;
  queue_.push_front({job.index, job.fresh});
  if (std::ranges::any_of(connections_, [this](State state) { return working(state); })) return;
  for (const Waiting& left : queue_) reports_[left.index] = decide(ending);
  queue_.clear();
}

std::vector<DeliveryReport> SmtpRound::reports() const {
  const std::lock_guard lock(mutex_);
  const auto accepted = [](const DeliveryReport& report) { return report.delivery == Delivery::kAccepted; };
  const bool relay_works = std::ranges::any_of(reports_, accepted);
  std::vector<DeliveryReport> reports = reports_;
  // A policy refusal (5.7.x) while others' mail went is not everybody's: it costs this envelope an attempt instead.
  for (std::size_t i = 0; i < reports.size(); ++i)
    if (relay_works && logged_in_[i] && reports[i].delivery == Delivery::kRelayDown)
      reports[i].delivery = Delivery::kDeferred;
  return reports;
}

}  // namespace pawl::mail
