// What the connections to one relay have learned, and share.
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "workflows/mail/smtp/identity/ehlo_name.h"
#include "workflows/mail/smtp/identity/sasl.h"
#include "workflows/mail/tls/trust_store.h"

namespace pawl::mail {

/// Safe to call from any thread.
class SmtpFindings {
 public:
  using Time = std::chrono::steady_clock::time_point;
  /// After a loss that pipelining may explain commands go one by one for this long: the relay may also just have died.
  static constexpr std::chrono::hours kUnpipelinedFor{1};

  bool may_pipeline(Time now) const {
    const std::lock_guard lock(mutex_);
    return now >= pipeline_after_;
  }
  void lost_pipelined(Time now) {
    const std::lock_guard lock(mutex_);
    pipeline_after_ = now + kUnpipelinedFor;
  }

  /// The mechanism that the last login went by.
  std::optional<SaslMechanism> mechanism() const {
    const std::lock_guard lock(mutex_);
    return mechanism_;
  }
  void logged_in(SaslMechanism mechanism) {
    const std::lock_guard lock(mutex_);
    mechanism_ = mechanism;
  }
  /// Whether a password that was refused may be tried by another mechanism: once, since relays lock accounts.
  bool take_second_try() {
    const std::lock_guard lock(mutex_);
    return !std::exchange(second_try_taken_, true);
  }

  /// That a relay on this host is spoken to without TLS. True the first time.
  bool goes_without_tls() {
    const std::lock_guard lock(mutex_);
    return !std::exchange(without_tls_, true);
  }

  /// As full_host_name() has it, asked once.
  std::string host_name() {
    std::call_once(named_, [this] { host_name_ = full_host_name(); });
    return host_name_;
  }

  /// The certificates that all connections to it trust.
  TrustStore& trust_store() { return trust_store_; }

 private:
  mutable std::mutex mutex_;
  Time pipeline_after_ = Time::min();
  std::optional<SaslMechanism> mechanism_;
  bool second_try_taken_ = false;
  bool without_tls_ = false;
  std::once_flag named_;
  std::string host_name_;
  TrustStore trust_store_;
};

}  // namespace pawl::mail
