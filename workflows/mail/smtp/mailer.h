// Mails by SMTP over a few connections that are kept open.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <variant>
#include <vector>

#include "workflows/mail/message/mailer.h"
#include "workflows/mail/smtp/connection.h"
#include "workflows/mail/smtp/options.h"
#include "workflows/mail/smtp/pool.h"

namespace pawl::mail {

/// Each call sends on its caller's thread, over a connection that it borrows for one mail: a reply that does not come
/// holds up its own call only.
class SmtpMailer final : public Mailer {
 public:
  /// Connects to nothing yet. Throws std::runtime_error for a file of certificates that cannot be read. Makes the
  /// process ignore SIGPIPE, unless it handles it: TLS writes to a socket that the relay has closed would kill it.
  explicit SmtpMailer(const SmtpOptions& options);

  /// An envelope whose addresses are not usable (address.h) is kRejected and never reaches the wire.
  std::vector<DeliveryReport> send(std::span<const Envelope> envelopes) override;
  /// One mail a call, and a second call a connection that prepares its mail while the first one's is sent.
  std::size_t width() const override { return 1; }
  std::size_t calls() const override { return 2 * connections_.size(); }
  /// A call waits for a connection no longer than one mail may take; then its mail may meet a connection that turns out
  /// to be dead, and go over a second one.
  engine::Duration longest_call() const override { return 3 * longest_mail_; }
  std::string credentials_version() const override;
  void interrupt() override;

 private:
  /// What had happened when a call began: what happens later concerns it.
  struct Began {
    unsigned long outages = 0;
    unsigned long interrupts = 0;
  };

  DeliveryReport deliver(const Envelope& envelope, const Began& began);
  std::variant<std::size_t, DeliveryReport> borrow(const Began& began, SmtpPool::Time give_up_at);
  bool would_be_refused(SmtpPool::Time now) const;
  std::optional<DeliveryReport> use(std::size_t connection, const Envelope& envelope, const Began& began);
  SmtpEnding transact(std::size_t connection, const Envelope& envelope, const Began& began);
  void logged_in(std::size_t connection);

  const std::string password_file_;
  const std::chrono::seconds longest_mail_;  // with a relay that uses up every one of its times
  std::vector<std::unique_ptr<SmtpConnection>> connections_;
  std::atomic<unsigned long> interrupts_ = 0;

  std::mutex mutex_;
  std::condition_variable changed_;
  SmtpPool pool_;
  std::string refused_credentials_;  ///< Their version when a login was refused last.
};

}  // namespace pawl::mail
