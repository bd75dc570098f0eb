// One connection to the relay, kept between mails, and the transactions on it.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "workflows/mail/message/mailer.h"
#include "workflows/mail/smtp/login.h"
#include "workflows/mail/smtp/replies/verdict.h"

namespace pawl::mail {

/// What a transaction asks and tells while it runs, on the thread that runs it; neither may throw.
struct SmtpWatch {
  std::function<void()> logged_in;       ///< The relay is ready for MAIL FROM on a new connection.
  SmtpChannel::Interrupted interrupted;  ///< Asked at least once a second; true breaks the transaction off.
};

/// Used by one thread at a time; it need not always be the same.
class SmtpConnection {
 public:
  /// `findings` is what all connections to this relay share.
  explicit SmtpConnection(const SmtpOptions& options,
                          std::shared_ptr<SmtpFindings> findings = std::make_shared<SmtpFindings>())
      : options_(options), findings_(std::move(findings)) {}
  /// Says QUIT and waits for no answer.
  ~SmtpConnection();
  SmtpConnection(const SmtpConnection&) = delete;
  SmtpConnection& operator=(const SmtpConnection&) = delete;

  /// Connects if there is no connection to use again, or if `fresh` asks for another one, and runs one transaction.
  /// A mail that was refused leaves the connection to the next one; any other failure ends it. Blocks. Throws nothing:
  /// whatever goes wrong is in the ending.
  SmtpEnding deliver(const Envelope& envelope, bool fresh, const SmtpWatch& watch);

 private:
  void try_to_deliver(const Envelope& envelope, bool fresh, const SmtpWatch& watch, SmtpEnding& ending);
  bool is_stale(const SmtpEnding& ending, bool reused, bool pipelines);

  const SmtpOptions options_;
  const std::shared_ptr<SmtpFindings> findings_;
  SmtpSession session_;
};

}  // namespace pawl::mail
