// The step SendMail over doubles of its ledger and its mailer, with a content of few words.
#pragma once

#include <memory>

#include "tests/workflows/mail/doubles.h"
#include "tests/workflows/mail/step_call.h"
#include "workflows/mail/send_mail.h"

namespace pawl::mail {

/// Says in which time zone it is read.
struct Note final : MailContent {
  void draft(Message& message, const std::string& time_zone) const override {
    message.subject = "A note";
    message.thread_id = thread_id("notes", message.from.substr(message.from.rfind('@') + 1));
    message.text = encode("Read in " + (time_zone.empty() ? "no zone" : time_zone) + ".");
  }
};

struct SendMailFixture {
  MemoryLedger ledger;
  MemoryMailer mailer;
  SendMail step{"send-email", ledger, mailer, {"alerts@depositlink.example", "DepositLink"}, {}};
  std::shared_ptr<const MailContent> content = std::make_shared<Note>();

  MailRequest request(const std::string& user_id) { return {content, kOrgId, user_id}; }

  StepCall<MailRequest, MailReceipt> call_for(const std::vector<std::string>& user_ids) {
    StepCall<MailRequest, MailReceipt> call(step);
    for (const std::string& user_id : user_ids) call.add(request(user_id));
    return call;
  }
};

template <class Outcome>
std::string reason_of(const StepCall<MailRequest, MailReceipt>& call, std::size_t index = 0) {
  const auto* outcome = std::get_if<Outcome>(&call.outcome(index));
  return outcome ? outcome->reason : "another outcome";
}

}  // namespace pawl::mail
