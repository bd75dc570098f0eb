// How long the runtime leaves a port alone that did not answer.
#pragma once

#include <algorithm>
#include <string>

#include "engine/runs/jitter.h"

namespace pawl::engine {

/// Remembers the last error of a port and when to ask again: 100 ms doubling to 5 s, or to less if that is too long;
/// with jitter, since a whole fleet sees the same outage end.
class Backoff {
 public:
  static constexpr Duration kFirst = std::chrono::milliseconds{100};
  static constexpr Duration kLongest = std::chrono::seconds{5};

  explicit Backoff(Jitter& jitter, Duration longest = kLongest)
      : jitter_(&jitter), longest_(std::min(longest, kLongest)) {}

  bool down() const { return !error_.empty(); }
  const std::string& error() const { return error_; }
  Timestamp retry_at() const { return retry_at_; }
  /// It did not answer, and it is too early to ask again.
  bool waits(Timestamp now) const { return down() && now < retry_at_; }

  void failed(const std::string& error, Timestamp now) {
    error_ = error.empty() ? "unavailable" : error;
    wait_ = std::min(wait_.count() == 0 ? kFirst : wait_ * 2, longest_);
    retry_at_ = now + jitter_->of(wait_);
  }
  void answered() { *this = Backoff(*jitter_, longest_); }

 private:
  Jitter* jitter_;
  Duration longest_;
  std::string error_;
  Duration wait_{0};
  Timestamp retry_at_{};
};

}  // namespace pawl::engine
