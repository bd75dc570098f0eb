// One connection to the relay, kept between mails, by libcurl.
#pragma once

#include <functional>
#include <memory>

#include "workflows/mail/mailer.h"
#include "workflows/mail/smtp_options.h"
#include "workflows/mail/smtp_verdict.h"

namespace pawl::mail {

/// Used by one thread at a time; it need not always be the same.
class SmtpConnection {
 public:
  explicit SmtpConnection(const SmtpOptions& options);
  /// Says QUIT and waits for no answer.
  ~SmtpConnection();

  /// Connects if there is no connection to use again, or if `fresh` asks for another one, and runs one transaction.
  /// Blocks. `logged_in` is called once the relay is ready for MAIL FROM.
  SmtpEnding deliver(const Envelope& envelope, bool fresh, const std::function<void()>& logged_in);

 private:
  class Session;
  std::unique_ptr<Session> session_;
};

}  // namespace pawl::mail
