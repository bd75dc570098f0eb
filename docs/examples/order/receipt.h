// What the customer is mailed.
#pragma once

#include <pawl/workflows/mail/mail_content.h>

#include <utility>

#include "order.h"
#include "payments.h"

namespace shop {

/// Says the same whenever it is composed, so that every copy has the same bytes.
class Receipt final : public pawl::mail::MailContent {
 public:
  Receipt(Order order, Charge charge) : order_(std::move(order)), charge_(std::move(charge)) {}
  void draft(pawl::mail::Message& message, const std::string& time_zone) const override;

 private:
  const Order order_;
  const Charge charge_;
};

}  // namespace shop
