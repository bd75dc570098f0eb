// Payments over HTTP, with a key for each effect.
#pragma once

#include "payments.h"

namespace shop {

/// Speaks to `URL/charges` and `URL/refunds`, which know each `Idempotency-Key` again.
class HttpPayments final : public Payments {
 public:
  explicit HttpPayments(std::string url);
  Charge charge(const std::string& key, const std::string& card, int cents) override;
  void refund(const std::string& key, const Charge& charge) override;

 private:
  const std::string url_;
};

}  // namespace shop
