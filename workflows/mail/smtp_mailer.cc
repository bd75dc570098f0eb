// Spreads envelopes over SMTP connections.
#include "workflows/mail/smtp_mailer.h"

#include <algorithm>
#include <csignal>

#include "workflows/mail/address.h"

namespace pawl::mail {
namespace {

void ignore_sigpipe() {
  struct sigaction current {};
  sigaction(SIGPIPE, nullptr, &current);
  if (current.sa_handler == SIG_DFL) std::signal(SIGPIPE, SIG_IGN);
}

// As if a server had refused the address.
SmtpEnding refused(SmtpPhase phase, const std::string& reason) {
  SmtpEnding ending;
  ending.phase = phase;
  ending.reply = {501, "not sent: " + reason};
  return ending;
}

SmtpEnding deliver(SmtpConnection& connection, const SmtpRound::Job& job, const Envelope& envelope, SmtpRound& round) {
  // libcurl would pass line ends in an address on to the server.
  if (const auto reason = why_unusable(envelope.from)) return refused(SmtpPhase::kMail, "as the sender, " + *reason);
  if (const auto reason = why_unusable(envelope.to)) return refused(SmtpPhase::kRcpt, *reason);
  try {
    return connection.deliver(envelope, job.fresh, [&round] { round.logged_in(); });
  } catch (const std::exception& failure) {  // Out of memory, before anything was sent; it must not end the thread.
    SmtpEnding ending;
    ending.error = failure.what();
    return ending;
  }
}

}  // namespace

SmtpMailer::SmtpMailer(const SmtpOptions& options) {
  ignore_sigpipe();
  const std::size_t connections = std::max<std::size_t>(1, options.connections);
  for (std::size_t i = 0; i < connections; ++i) connections_.push_back(std::make_unique<SmtpConnection>(options));
  for (std::size_t i = 0; i < connections; ++i) threads_.emplace_back([this, i] { serve(i); });
}

SmtpMailer::~SmtpMailer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

std::vector<DeliveryReport> SmtpMailer::send(std::span<const Envelope> envelopes) {
  SmtpRound round(envelopes.size(), connections_.size());
  std::unique_lock lock(mutex_);
  round_ = &round;
  envelopes_ = envelopes;
  ++rounds_;
  serving_ = threads_.size();
  changed_.notify_all();
  changed_.wait(lock, [this] { return serving_ == 0; });
  round_ = nullptr;
  return round.reports();
}

void SmtpMailer::serve(std::size_t connection) {
  unsigned long served = 0;
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return stopping_ || rounds_ != served; });
    if (stopping_) return;
    served = rounds_;
    lock.unlock();
    serve_round(connection, *round_, envelopes_);
    lock.lock();
    if (--serving_ == 0) changed_.notify_all();
  }
}

void SmtpMailer::serve_round(std::size_t connection, SmtpRound& round, std::span<const Envelope> envelopes) {
  while (const auto job = round.take(connection))
    round.settle(*job, deliver(*connections_[connection], *job, envelopes[job->index], round));
}

}  // namespace pawl::mail
