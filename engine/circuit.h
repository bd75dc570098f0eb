// Pauses a step while the service behind it is down, and lets one execution at a time probe whether it is back.
#pragma once

#include <algorithm>
#include <string>

#include "engine/clock.h"

namespace pawl::engine {

class Circuit {
 public:
  static constexpr Duration kFirst = std::chrono::seconds{1};
  static constexpr Duration kLongest = std::chrono::seconds{30};

  bool closed() const { return reason_.empty(); }
  /// Closed, or open for long enough that one probe is due.
  bool admits(Timestamp now) const { return closed() || (!probing_ && now >= probe_at_); }
  const std::string& reason() const { return reason_; }
  Timestamp probe_at() const { return probe_at_; }
  bool probing() const { return probing_; }

  /// True once a second while it is open and a probe is due: somebody held is to be woken for it.
  bool wants_probe(Timestamp now) {
    if (closed() || !admits(now) || now < asked_at_ + kFirst) return false;
    asked_at_ = now;
    return true;
  }
  /// When `wants_probe` may be true next.
  Timestamp wants_probe_at() const { return std::max(probe_at_, asked_at_ + kFirst); }

  void begin_probe() { probing_ = !closed(); }
  /// `jitter` in [0, 1) keeps the workers of a fleet from probing together.
  void open(const std::string& reason, Timestamp now, double jitter) {
    reason_ = reason.empty() ? "unavailable" : reason;
    wait_ = wait_.count() == 0 ? kFirst : std::min(wait_ * 2, kLongest);
    probe_at_ = now + Duration(static_cast<Duration::rep>(static_cast<double>(wait_.count()) * (0.5 + jitter / 2)));
    probing_ = false;
  }
  void close() { *this = Circuit(); }

 private:
  std::string reason_;
  Duration wait_{0};
  Timestamp probe_at_{};
  Timestamp asked_at_{};
  bool probing_ = false;
};

}  // namespace pawl::engine
