// A conversation with the relay: what is said goes out as it is, what comes back are replies.
#pragma once

#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "workflows/mail/smtp/options.h"
#include "workflows/mail/smtp/replies/reply.h"
#include "workflows/mail/tls/socket.h"

namespace pawl::mail {

/// Used by one thread at a time; it need not always be the same.
class SmtpChannel {
 public:
  using Interrupted = SmtpPatience::Interrupted;

  /// Connects. Throws SmtpChannelError. `options` outlives the channel.
  SmtpChannel(const SmtpOptions& options, const SmtpPatience& patience);

  /// Blocks until the kernel has all of it. Throws SmtpChannelError, also when nothing of it has moved for so long.
  void say(std::string_view bytes, std::chrono::seconds at_most, const Interrupted& interrupted) {
    socket_.send(bytes, at_most, interrupted);
  }
  /// The next complete reply; `lines`, where it is wanted, gets each of its lines as it is. Throws SmtpChannelError,
  /// also when it is not complete by then.
  SmtpReply hear(const SmtpPatience& patience, std::vector<std::string>* lines = nullptr);
  /// Whether the relay says anything by then.
  bool await_reply(const SmtpPatience& patience) { return !unread_.empty() || socket_.await_bytes(patience); }
  /// Whether the relay is there and has said nothing since its last reply. Does not block.
  bool quiet();
  /// The last complete reply.
  const SmtpReply& last_reply() const { return replies_.reply(); }

  /// Says QUIT and waits for nothing.
  void quit();

  SmtpSocket& socket() { return socket_; }
  [[noreturn]] void fail(const std::string& words) const { throw SmtpChannelError(relay_ + words, false); }

 private:
  bool take_reply(std::vector<std::string>* lines);
  bool receive();

  const std::string relay_;  // how every error begins
  SmtpSocket socket_;
  SmtpReplyReader replies_;
  std::array<char, 4096> buffer_{};
  std::string_view unread_;  // of the buffer
};

}  // namespace pawl::mail
