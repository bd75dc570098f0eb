// Lends SMTP connections to the threads that send.
#include "workflows/mail/smtp/mailer.h"

#include <algorithm>
#include <csignal>
#include <string>

#include "workflows/mail/message/address.h"
#include "workflows/mail/tls/file_version.h"

namespace pawl::mail {
namespace {

using Clock = std::chrono::steady_clock;

void ignore_sigpipe() {
  struct sigaction current {};
  sigaction(SIGPIPE, nullptr, &current);
  if (current.sa_handler == SIG_DFL) std::signal(SIGPIPE, SIG_IGN);
}

// As if a server had refused the address: line ends in it would be commands of their own.
std::optional<DeliveryReport> refusal(const Envelope& envelope) {
  SmtpEnding ending;
  if (const auto reason = why_unusable(envelope.from)) {
    ending.phase = SmtpPhase::kMail;
    ending.reply = {501, "not sent: as the sender, " + *reason};
  } else if (const auto wrong = why_unusable(envelope.to)) {
    ending.phase = SmtpPhase::kRcpt;
    ending.reply = {501, "not sent: " + *wrong};
  } else {
    return std::nullopt;
  }
  return decide(ending);
}

}  // namespace

SmtpMailer::SmtpMailer(const SmtpOptions& options)
    : password_file_(options.password_file),
      longest_mail_(options.login_timeout + 3 * options.reply_timeout + options.final_timeout),
      pool_(std::max<std::size_t>(1, options.connections)) {
  ignore_sigpipe();
  const std::size_t connections = std::max<std::size_t>(1, options.connections);
  const auto findings = std::make_shared<SmtpFindings>();
  if (!options.ca_file.empty()) findings->trust_store().context(options.ca_file);
  for (std::size_t i = 0; i < connections; ++i)
    connections_.push_back(std::make_unique<SmtpConnection>(options, findings));
}

std::vector<DeliveryReport> SmtpMailer::send(std::span<const Envelope> envelopes) {
  Began began;
  {
    const std::lock_guard lock(mutex_);
    began = {pool_.outages(), interrupts_};
  }
  std::vector<DeliveryReport> reports;
  for (const Envelope& envelope : envelopes) reports.push_back(deliver(envelope, began));
  return reports;
}

std::string SmtpMailer::credentials_version() const { return file_version(password_file_); }

void SmtpMailer::interrupt() {
  const std::lock_guard lock(mutex_);
  ++interrupts_;
  changed_.notify_all();
}

DeliveryReport SmtpMailer::deliver(const Envelope& envelope, const Began& began) {
  if (auto refused = refusal(envelope)) return *refused;
  const auto give_up_at = Clock::now() + longest_mail_;
  while (true) {
    const auto borrowed = borrow(began, give_up_at);
    if (const auto* undeliverable = std::get_if<DeliveryReport>(&borrowed)) return *undeliverable;
    if (auto report = use(std::get<std::size_t>(borrowed), envelope, began)) return *report;
  }
}

// There are more calls than connections, and a relay may let in fewer than it is asked for.
std::variant<std::size_t, DeliveryReport> SmtpMailer::borrow(const Began& began, SmtpPool::Time give_up_at) {
  std::unique_lock lock(mutex_);
  while (true) {
    if (interrupts_ != began.interrupts)
      return DeliveryReport{Delivery::kDeferred, "not sent: this worker has to stop"};
    if (pool_.outages() != began.outages) return pool_.outage();
    const auto now = Clock::now();
    if (would_be_refused(now)) return pool_.outage();
    if (const auto connection = pool_.borrow(now)) return *connection;
    if (now >= give_up_at)
      return DeliveryReport{Delivery::kDeferred, "not sent: no connection to the relay was free for " +
                                                     std::to_string(longest_mail_.count()) + " s"};
    changed_.wait_until(lock, std::min(pool_.grows_at().value_or(give_up_at), give_up_at));
  }
}

// The same password would be refused once more, and relays lock accounts. Without a file nobody can tell whether it is
// the same.
bool SmtpMailer::would_be_refused(SmtpPool::Time now) const {
  return pool_.login_was_refused(now) && !refused_credentials_.empty() && credentials_version() == refused_credentials_;
}

std::optional<DeliveryReport> SmtpMailer::use(std::size_t connection, const Envelope& envelope, const Began& began) {
  const SmtpEnding ending = transact(connection, envelope, began);
  const std::lock_guard lock(mutex_);
  const auto report = pool_.give_back(connection, ending, Clock::now());
  if (report && report->delivery == Delivery::kLoginRefused) refused_credentials_ = credentials_version();
  if (pool_.outages() == began.outages)
    changed_.notify_one();
  else
    changed_.notify_all();
  return report;
}

SmtpEnding SmtpMailer::transact(std::size_t connection, const Envelope& envelope, const Began& began) {
  const SmtpWatch watch{[this, connection] { logged_in(connection); },
                        [this, &began] { return interrupts_ != began.interrupts; }};
  SmtpEnding ending = connections_[connection]->deliver(envelope, false, watch);
  if (ending.stale) ending = connections_[connection]->deliver(envelope, true, watch);
  return ending;
}

void SmtpMailer::logged_in(std::size_t connection) {
  const std::lock_guard lock(mutex_);
  if (pool_.logged_in(connection)) changed_.notify_all();
}

}  // namespace pawl::mail
