// Bytes to and from the relay: a TCP connection, secured by TLS once it is asked to be.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "workflows/mail/tls/trust_store.h"

namespace pawl::mail {

/// Why a connection is of no use any more, in words that name the relay.
class SmtpChannelError : public std::runtime_error {
 public:
  SmtpChannelError(const std::string& words, bool interrupted) : runtime_error(words), interrupted_(interrupted) {}

  bool interrupted() const { return interrupted_; }  ///< We broke it off ourselves.

 private:
  bool interrupted_;
};

/// How long to block.
struct SmtpPatience {
  using Clock = std::chrono::steady_clock;
  /// Asked before anything is sent, and at least once a second by whatever blocks; true breaks it off. Must not throw.
  using Interrupted = std::function<bool()>;

  Clock::time_point until;
  const Interrupted& interrupted;  ///< Outlives the call.
};

/// Used by one thread at a time; it need not always be the same. What a relay does is reported as SmtpChannelError.
class SmtpSocket {
 public:
  /// Looks `host` up and connects. `relay` is how every error begins.
  SmtpSocket(const std::string& relay, const std::string& host, int port, const SmtpPatience& patience);
  /// Says TLS's goodbye, unless something is half said.
  ~SmtpSocket();
  SmtpSocket(const SmtpSocket&) = delete;
  SmtpSocket& operator=(const SmtpSocket&) = delete;

  const std::string& peer() const;            ///< The relay's address and port, such as `192.0.2.1:587`.
  bool peer_is_local() const;                 ///< Nothing that is sent leaves this host (127.0.0.0/8, ::1).
  std::string local_address_literal() const;  ///< Ours, such as `[192.0.2.7]` or `[IPv6:2001:db8::7]`.

  /// Secures the connection: TLS 1.2 or later, a certificate that verifies for the host by those of `trusted`.
  void start_tls(const TrustStore::Context& trusted, const SmtpPatience& patience);
  /// Whether it is TLS that the silent relay is waiting for. The connection is of no use afterwards.
  bool answers_tls(const SmtpPatience& patience);
  /// Version and cipher; empty: not secured.
  std::string tls() const;

  /// Blocks until the kernel has all of it, or nothing of it has moved for `at_most`.
  void send(std::string_view bytes, std::chrono::seconds at_most, const SmtpPatience::Interrupted& interrupted);
  /// What is there to read, at most as much as fits; 0: nothing yet. Does not block.
  std::size_t receive(std::span<char> buffer);
  /// False: nothing has come by then.
  bool await_bytes(const SmtpPatience& patience);

 private:
  class Stream;
  std::unique_ptr<Stream> stream_;
};

}  // namespace pawl::mail
