// What the service manager that started the worker is told of its life, by the protocol of sd_notify(3).
#pragma once

#include <chrono>
#include <string>

namespace pawl::bin {

/// Says nothing unless the environment names a socket (NOTIFY_SOCKET), and never waits: a manager that does not read is
/// no reason to stop working. One thread at a time.
class ServiceManager {
 public:
  using Clock = std::chrono::steady_clock;  // a watchdog runs on whatever the host's clock is set to

  /// Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID.
  ServiceManager();

  /// The worker is registered: it claims events from now on.
  void ready() const;
  void stopping() const;
  /// A line that `systemctl status` shows.
  void status(const std::string& text) const;
  /// The worker is alive. Passed on four times in the interval after which the manager would kill it, at most.
  void alive(Clock::time_point now);

 private:
  void tell(const std::string& assignments) const;

  std::string socket_;                      ///< A path, or an abstract name behind an @; empty: nobody listens.
  std::chrono::microseconds interval_{-1};  ///< Between two signs of life; negative: nobody watches.
  Clock::time_point reported_alive_{};
};

}  // namespace pawl::bin
