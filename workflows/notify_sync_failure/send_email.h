// The step that mails one recipient: claims it in the ledger, sends it, and records what the server said.
#pragma once

#include <mutex>
#include <nlohmann/json.hpp>
#include <string>

#include "engine/authoring/step.h"
#include "workflows/mail/ledger/mail_ledger.h"
#include "workflows/mail/ledger/verdict_memory.h"
#include "workflows/mail/message/mailer.h"
#include "workflows/notify_sync_failure/content/email_writer.h"
#include "workflows/notify_sync_failure/payload/sync_failed.h"

namespace pawl::notify_sync_failure {

struct EmailRequest {
  SharedFailure failure;
  std::string org_name;
  std::string user_id;
  std::vector<std::string> same_mailbox = {};  ///< Users asked in turn once the one before is no longer eligible.
};

struct EmailReceipt {
  std::string state;   ///< `accepted` or `suppressed`.
  std::string detail;  ///< The server's reply, or why nothing was sent.
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(EmailReceipt, state, detail)
std::string to_checkpoint(const EmailReceipt& receipt);

/// As many calls at once as the mailer is worth, each with as many mails as one call of the mailer is worth: their
/// product bounds the mails that a crash leaves in doubt. A mail that the relay keeps waiting holds up its own call
/// only.
class SendEmail final : public engine::Step<EmailRequest, EmailReceipt> {
 public:
  SendEmail(mail::MailLedger& ledger, mail::Mailer& mailer, EmailWriter writer, engine::StepOptions options);

  /// The user id of the recipient, of the first where several share a mailbox.
  std::string key(const EmailRequest& request) const override { return request.user_id; }
  std::string tenant(const EmailRequest& request) const override { return request.failure->org_id; }
  void execute(engine::Batch<EmailRequest, EmailReceipt>& batch) override;
  /// The ledger's part of it: a relay says no before anything is sent.
  void check_service() override { ledger_.check_access(); }
  std::string service_version() const override { return mailer_.credentials_version(); }
  /// Mails in flight are broken off; those past their final dot are in doubt.
  void interrupt() override { mailer_.interrupt(); }

 private:
  class Round;

  void record_kept_verdicts();
  void record_one_by_one(const std::vector<mail::LedgerVerdict>& verdicts);
  void record_isolated_verdicts(engine::Batch<EmailRequest, EmailReceipt>& batch);

  mail::MailLedger& ledger_;
  mail::Mailer& mailer_;
  EmailWriter writer_;
  mail::VerdictMemory memory_;
  std::mutex telling_;
};

}  // namespace pawl::notify_sync_failure
