// Ends the wait for a server that stays silent: nothing in libpq does once a connection is established.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>

namespace pawl::storage {

class DeadlineThread;

/// Watches one connection's socket. While armed and past its time, a thread of the process shuts the socket down, and
/// whoever waits on it gets the error of a broken connection. A TCP keepalive cannot do this: the kernel of a frozen
/// server goes on acknowledging.
///
/// Used by the connection's thread. It watches a duplicate of the descriptor, so that it never touches a socket that
/// libpq has closed and somebody else has opened since.
class Deadline {
 public:
  /// 0 never ends anything. Throws engine::UnavailableError when no descriptor is left.
  Deadline(int socket, std::chrono::microseconds limit);
  ~Deadline();
  Deadline(const Deadline&) = delete;

  /// An answer is due within the limit from now.
  void arm();
  /// No answer is due.
  void disarm();
  /// Whether the socket was shut down since the deadline was armed last.
  bool passed() const { return passed_; }
  std::chrono::microseconds limit() const { return limit_; }

 private:
  friend class DeadlineThread;
  using Time = std::chrono::steady_clock::time_point;

  const std::chrono::microseconds limit_;
  const std::shared_ptr<DeadlineThread> thread_;  ///< None where nothing is ever ended.
  const int socket_;
  Time due_ = Time::max();  ///< Guarded by the thread's mutex.
  std::atomic<bool> passed_ = false;
};

/// Disarms at the end of a scope.
class Disarming {
 public:
  explicit Disarming(Deadline& deadline) : deadline_(deadline) {}
  ~Disarming() { deadline_.disarm(); }
  Disarming(const Disarming&) = delete;

 private:
  Deadline& deadline_;
};

}  // namespace pawl::storage
