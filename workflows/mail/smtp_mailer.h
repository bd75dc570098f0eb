// Mails by SMTP over a few connections that are kept open.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "workflows/mail/mailer.h"
#include "workflows/mail/smtp_connection.h"
#include "workflows/mail/smtp_options.h"
#include "workflows/mail/smtp_round.h"

namespace pawl::mail {

/// A thread a connection: libcurl 7.88 waits for the reply to the final dot inside its state machine, so that one slow
/// reply would hold up every other transfer of a multi handle.
class SmtpMailer final : public Mailer {
 public:
  /// Connects to nothing yet. Makes the process ignore SIGPIPE, unless it handles it: TLS writes to a socket that the
  /// relay has closed would kill it. Throws engine::RefusedError for options that libcurl refuses.
  explicit SmtpMailer(const SmtpOptions& options);
  ~SmtpMailer() override;

  /// An envelope whose addresses are not usable (address.h) is kRejected and never reaches the wire.
  std::vector<DeliveryReport> send(std::span<const Envelope> envelopes) override;
  std::size_t width() const override { return threads_.size(); }

 private:
  void serve(std::size_t connection);
  void serve_round(std::size_t connection, SmtpRound& round, std::span<const Envelope> envelopes);

  std::vector<std::unique_ptr<SmtpConnection>> connections_;

  std::mutex mutex_;
  std::condition_variable changed_;
  SmtpRound* round_ = nullptr;  // The call in progress.
  std::span<const Envelope> envelopes_;
  unsigned long rounds_ = 0;
  std::size_t serving_ = 0;
  bool stopping_ = false;

  std::vector<std::thread> threads_;  // The last member: they use all others.
};

}  // namespace pawl::mail
