// Accepts every mail and sends none: for benchmarks.
#pragma once

#include "workflows/mail/message/mailer.h"

namespace pawl::mail {

class NullMailer final : public Mailer {
 public:
  std::vector<DeliveryReport> send(std::span<const Envelope> envelopes) override {
    return std::vector<DeliveryReport>(envelopes.size(), {Delivery::kAccepted, "250 not sent: null mailer"});
  }
  std::size_t width() const override { return 1000; }
  std::size_t calls() const override { return 2; }  // one writes its mails while the other asks the ledger
};

}  // namespace pawl::mail
