// A mailer that keeps what it is handed, for tests.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "workflows/mail/message/mailer.h"

namespace pawl::mail {

/// Answers with the scripted reports by address, and accepts what has none.
struct MemoryMailer final : Mailer {
  std::map<std::string, DeliveryReport> answers;
  std::vector<Envelope> sent;  ///< Whatever was handed over, delivered or not.

  std::vector<DeliveryReport> send(std::span<const Envelope> envelopes) override {
    std::vector<DeliveryReport> reports;
    for (const Envelope& envelope : envelopes) {
      sent.push_back(envelope);
      const auto answer = answers.find(envelope.to);
      reports.push_back(answer == answers.end() ? DeliveryReport{Delivery::kAccepted, "250 queued"} : answer->second);
    }
    return reports;
  }
  std::size_t width() const override { return 4; }
};

}  // namespace pawl::mail
