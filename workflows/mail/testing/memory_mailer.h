// A mailer that keeps what it is handed, for tests.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "workflows/mail/message/mailer.h"

namespace pawl::testing {

/// Answers with the scripted reports by address, and accepts what has none.
struct MemoryMailer final : mail::Mailer {
  std::map<std::string, mail::DeliveryReport> answers;
  std::vector<mail::Envelope> sent;  ///< Whatever was handed over, delivered or not.

  std::vector<mail::DeliveryReport> send(std::span<const mail::Envelope> envelopes) override {
    std::vector<mail::DeliveryReport> reports;
    for (const mail::Envelope& envelope : envelopes) {
      sent.push_back(envelope);
      const auto answer = answers.find(envelope.to);
      reports.push_back(answer == answers.end() ? mail::DeliveryReport{mail::Delivery::kAccepted, "250 queued"}
                                                : answer->second);
    }
    return reports;
  }
  std::size_t width() const override { return 4; }
};

}  // namespace pawl::testing
