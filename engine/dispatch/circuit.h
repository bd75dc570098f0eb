// Pauses a step while the service behind it is down or refuses everybody, and lets one execution at a time probe it.
#pragma once

#include <algorithm>
#include <string>

#include "engine/authoring/clock.h"
#include "engine/authoring/execution.h"
#include "engine/dispatch/refusals.h"

namespace pawl::engine {

class Circuit {
 public:
  static constexpr Duration kFirst = ProbeWaits{}.first;
  static constexpr Duration kLongest = ProbeWaits{}.longest;

  bool closed() const { return reason_.empty(); }
  /// Open since the service answers, and refuses everybody.
  bool refused() const { return refused_; }
  /// Closed, or open for long enough that one probe of such a rank is due.
  bool admits(Timestamp now, Refusals::Rank rank = Refusals::Rank::kNew) const {
    return closed() || (!probing_ && now >= probe_at(rank));
  }
  const std::string& reason() const { return reason_; }
  /// Since when it is open.
  Timestamp opened_at() const { return opened_at_; }
  /// Where the service refuses, what it has not refused yet need not wait for longer than a second.
  Timestamp probe_at(Refusals::Rank rank = Refusals::Rank::kNew) const {
    return refused_ && rank < Refusals::Rank::kRefused ? new_probe_at_ : probe_at_;
  }
  bool probing() const { return probing_; }

  /// True once a second while it is open and a probe is due: somebody held is to be woken for it.
  bool wants_probe(Timestamp now) {
    if (closed() || !admits(now) || now < asked_at_ + kFirst) return false;
    asked_at_ = now;
    return true;
  }
  /// The service may have been set right. However often it is said, no probe begins within kFirst of another for it.
  void probe_now(Timestamp now) { probe_at_ = std::min(probe_at_, std::max(now, probed_at_ + kFirst)); }
  /// It was set right, as far as we can see: the same, and waits begin anew.
  void set_right(Timestamp now) {
    wait_ = Duration{0};
    probe_now(now);
  }
  /// When `wants_probe` may be true next.
  Timestamp wants_probe_at() const { return std::max(probe_at(), asked_at_ + kFirst); }

  void begin_probe(Timestamp now) {
    probing_ = !closed();
    probed_at_ = now;
    new_probe_at_ = now + kFirst;
  }
  /// The probe told nothing about the service: the next one may go.
  void end_probe() { probing_ = false; }
  /// `jitter` in [0, 1) keeps the workers of a fleet from probing together. While it is open no wait is shorter than
  /// the one before: what asked for a long one, as an account that may be locked does, lasts under whatever hides it.
  void open(const std::string& reason, Timestamp now, double jitter, const ProbeWaits& waits = {}) {
    if (closed()) opened_at_ = now;
    reason_ = reason.empty() ? "unavailable" : reason;
    refused_ = false;
    wait_longer(now, jitter, waits);
  }
  /// Opens it, or keeps it open after a probe that was refused.
  void refuse(const std::string& reason, Timestamp now, double jitter) {
    if (closed()) opened_at_ = now;
    if (!refused_) {  // it answers now: a wait for whatever was before is over
      new_probe_at_ = now;
      wait_ = Duration{0};
    }
    reason_ = reason;
    refused_ = true;
    wait_longer(now, jitter, {});
  }
  void close() { *this = Circuit(); }

 private:
  void wait_longer(Timestamp now, double jitter, const ProbeWaits& waits) {
    wait_ = std::max(wait_, std::clamp(wait_ * 2, waits.first, waits.longest));
    probe_at_ = now + Duration(static_cast<Duration::rep>(static_cast<double>(wait_.count()) * (0.5 + jitter / 2)));
    probing_ = false;
  }

  std::string reason_;
  Timestamp opened_at_{};
  Duration wait_{0};
  Timestamp probe_at_{};
  Timestamp new_probe_at_{};
  Timestamp asked_at_{};
  Timestamp probed_at_{};
  bool probing_ = false;
  bool refused_ = false;
};

}  // namespace pawl::engine
