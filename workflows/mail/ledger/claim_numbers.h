// The number of each mail's claim, by which the ledger tells a repeated claim from an interrupted mail.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <string_view>
#include <tuple>

#include "workflows/mail/ledger/by_texts.h"

namespace pawl::mail {

/// A claim that got no answer keeps its number when it is made again, however much later: nothing was sent under it.
/// One that was answered may have led to a sent mail, so the next claim of that mail has another number. For any
/// thread.
class ClaimNumbers {
 public:
  std::int64_t ask(const std::string& effects_id, const std::string& step, const std::string& recipient) {
    const std::lock_guard lock(mutex_);
    auto known = claims_.find(Mail{effects_id, step, recipient});
    if (known == claims_.end()) known = claims_.try_emplace({effects_id, step, recipient}).first;
    Claim& claim = known->second;
    if (claim.number == 0 || claim.answered) claim = {static_cast<std::int64_t>(random_() >> 1), false};
    return claim.number;
  }

  /// `cleared`: the mail may be sent now, and will be settled.
  void answered(const std::string& effects_id, const std::string& step, const std::string& recipient, bool cleared) {
    const std::lock_guard lock(mutex_);
    const auto found = claims_.find(Mail{effects_id, step, recipient});
    if (found == claims_.end()) return;
    found->second.answered = true;
    if (!cleared) claims_.erase(found);
  }

  /// Of the claim that was made last; 0 if that is settled.
  std::int64_t last(const std::string& effects_id, const std::string& step, const std::string& recipient) const {
    const std::lock_guard lock(mutex_);
    const auto found = claims_.find(Mail{effects_id, step, recipient});
    return found == claims_.end() ? 0 : found->second.number;
  }

  void settled(const std::string& effects_id, const std::string& step, const std::string& recipient) {
    const std::lock_guard lock(mutex_);
    const auto found = claims_.find(Mail{effects_id, step, recipient});
    if (found != claims_.end()) claims_.erase(found);
  }

 private:
  using Mail = std::tuple<std::string_view, std::string_view, std::string_view>;  ///< Event, step and recipient.
  struct Claim {
    std::int64_t number = 0;
    bool answered = false;
  };

  mutable std::mutex mutex_;
  std::mt19937_64 random_{std::random_device{}()};
  std::map<std::tuple<std::string, std::string, std::string>, Claim, ByTexts<Mail>> claims_;
};

}  // namespace pawl::mail
