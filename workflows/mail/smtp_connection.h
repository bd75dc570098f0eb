// One connection to the relay, kept between mails, by libcurl.
#pragma once

#include <functional>
#include <memory>

#include "workflows/mail/mailer.h"
#include "workflows/mail/smtp_options.h"
#include "workflows/mail/smtp_verdict.h"

namespace pawl::mail {

/// What a transaction asks and tells while it runs, on the thread that runs it; neither may throw.
struct SmtpWatch {
  std::function<void()> logged_in;    ///< The relay is ready for MAIL FROM.
  std::function<bool()> interrupted;  ///< Asked at least once a second; true breaks the transaction off.
};

/// Used by one thread at a time; it need not always be the same.
class SmtpConnection {
 public:
  explicit SmtpConnection(const SmtpOptions& options);
  /// Says QUIT and waits for no answer.
  ~SmtpConnection();

  /// Connects if there is no connection to use again, or if `fresh` asks for another one, and runs one transaction.
  /// Blocks.
  SmtpEnding deliver(const Envelope& envelope, bool fresh, const SmtpWatch& watch);

 private:
  class Session;
  std::unique_ptr<Session> session_;
};

}  // namespace pawl::mail
