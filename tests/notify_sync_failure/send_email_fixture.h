// The step send-email over doubles of its ledger and its mailer.
#pragma once

#include "tests/notify_sync_failure/doubles.h"
#include "workflows/mail/send_mail.h"
#include "workflows/notify_sync_failure/failure_mail.h"

namespace pawl::notify_sync_failure {

using EmailRequest = mail::MailRequest;
using EmailReceipt = mail::MailReceipt;

struct SendEmailFixture {
  MemoryLedger ledger;
  MemoryMailer mailer;
  EmailWriter writer{AppUrl("https://app.example.com")};
  mail::SendMail step{"send-email", ledger, mailer, {"alerts@depositlink.example", "DepositLink"}, {}};

  EmailRequest request(const std::string& user_id, SyncFailed failure = sample_failure()) {
    return {std::make_shared<FailureMail>(writer, shared(failure), "Acme Lettings"), kOrgId, user_id};
  }

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
