// The step send-email over doubles of its ledger and its mailer.
#pragma once

#include "tests/notify_sync_failure/doubles.h"
#include "workflows/notify_sync_failure/send_email.h"

namespace pawl::notify_sync_failure {

struct SendEmailFixture {
  MemoryLedger ledger;
  MemoryMailer mailer;
  SendEmail step{ledger,
                 mailer,
                 EmailWriter(AppUrl("https://app.example.com"), {"alerts@depositlink.example", "DepositLink"}),
                 {}};

  EmailRequest request(const std::string& user_id) { return {shared(), "Acme Lettings", user_id}; }

  StepCall<EmailRequest, EmailReceipt> call_for(const std::vector<std::string>& user_ids) {
    StepCall<EmailRequest, EmailReceipt> call(step);
    for (const std::string& user_id : user_ids) call.add(request(user_id));
    return call;
  }
};

template <class Outcome>
std::string reason_of(const StepCall<EmailRequest, EmailReceipt>& call, std::size_t index = 0) {
  const auto* outcome = std::get_if<Outcome>(&call.outcome(index));
  return outcome ? outcome->reason : "another outcome";
}

}  // namespace pawl::notify_sync_failure
