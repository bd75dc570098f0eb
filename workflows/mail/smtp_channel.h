// A connection to the relay, ready for MAIL FROM: what is said goes out as it is, what comes back are replies.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "workflows/mail/smtp_options.h"
#include "workflows/mail/smtp_reply.h"

namespace pawl::mail {

/// Why a channel is of no use any more, in words that name the relay.
class SmtpChannelError : public std::runtime_error {
 public:
  SmtpChannelError(const std::string& words, bool interrupted) : runtime_error(words), interrupted_(interrupted) {}

  bool interrupted() const { return interrupted_; }  ///< We broke it off ourselves.

 private:
  bool interrupted_;
};

/// Looked up, connected, secured and logged in by libcurl. Used by one thread at a time; it need not always be the
/// same.
class SmtpChannel {
 public:
  /// Asked before anything is said, and at least once a second by whatever blocks; true breaks it off. Must not throw.
  using Interrupted = std::function<bool()>;

  /// Blocks, at most `options.login_timeout`. `reply` gets the relay's last words, also where this fails. Throws
  /// SmtpChannelError.
  SmtpChannel(const SmtpOptions& options, const Interrupted& interrupted, SmtpReply& reply);
  ~SmtpChannel();
  SmtpChannel(const SmtpChannel&) = delete;
  SmtpChannel& operator=(const SmtpChannel&) = delete;

  bool pipelines() const;    ///< Takes commands before it has answered those before (RFC 2920).
  bool takes_sizes() const;  ///< Wants to know how long a message will be (RFC 1870).
  bool takes_utf8() const;   ///< Takes internationalised addresses and headers (RFC 6531).

  /// Blocks until the kernel has all of it. Throws SmtpChannelError, also when nothing of it has moved for so long.
  void say(std::string_view bytes, std::chrono::seconds at_most, const Interrupted& interrupted);
  /// The next complete reply. Throws SmtpChannelError, also when it is not complete by then.
  SmtpReply hear(std::chrono::seconds at_most, const Interrupted& interrupted);
  /// Whether the relay is there and has said nothing since its last reply. Does not block.
  bool quiet();

  /// Says QUIT and waits for nothing.
  void quit();

 private:
  class Body;
  std::unique_ptr<Body> body_;
};

}  // namespace pawl::mail
