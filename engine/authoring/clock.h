// The engine's one source of time: a port, so that tests turn time by hand.
#pragma once

#include <chrono>

namespace pawl::engine {

using Duration = std::chrono::microseconds;
using Timestamp = std::chrono::sys_time<Duration>;

/// Tells the time. Implementations are safe to call from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  /// Wall time in UTC that never goes backwards and never jumps while the process lives.
  virtual Timestamp now() const = 0;
};

/// The host's wall time at construction plus the monotonic time since: a wall clock set back or forward by an hour
/// moves no retry of a running worker.
class SystemClock final : public Clock {
 public:
  Timestamp now() const override {
    const auto elapsed = std::chrono::steady_clock::now() - started_;
    return origin_ + std::chrono::duration_cast<Duration>(elapsed);
  }

 private:
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  Timestamp origin_ = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
};

}  // namespace pawl::engine
