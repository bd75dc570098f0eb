// The step that mails one recipient: claims it in the ledger, sends it, and records what the server said.
#pragma once

#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/authoring/step.h"
#include "workflows/mail/ledger/mail_ledger.h"
#include "workflows/mail/ledger/verdict_memory.h"
#include "workflows/mail/mail_content.h"
#include "workflows/mail/message/mailer.h"
#include "workflows/mail/message/sender.h"

namespace pawl::mail {

struct MailRequest {
  std::shared_ptr<const MailContent> content;
  std::string org_id;     ///< Whose users the ledger's audience is asked about; empty where it has none.
  std::string recipient;  ///< A user's id, or an address where the ledger has no audience.
  std::vector<std::string> same_mailbox = {};  ///< Users asked in turn where the one before gets none.
  /// Of the address that it will probably go to, in lower case; empty where that is not known.
  std::string domain = {};
};

struct MailReceipt {
  std::string state;   ///< `accepted` or `suppressed`.
  std::string detail;  ///< The server's reply, or why nothing was sent.
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(MailReceipt, state, detail)
std::string to_checkpoint(const MailReceipt& receipt);

/// Waits between attempts: a relay may be down for hours, and its recipients must not be hammered.
inline constexpr engine::RetryPolicy kMailRetry{.first = std::chrono::seconds{5},
                                                .longest = std::chrono::minutes{30},
                                                .max_attempts = 0,
                                                .give_up_after = std::chrono::hours{24},
                                                .full_jitter = true};

/// A step of any workflow, and of several at once, which then share a relay and what is known of it. As many calls at
/// once as the mailer is worth, each with as many mails as one call of the mailer is worth unless `batch_max` says how
/// many: their product bounds the mails that a crash leaves in doubt. A mail that the relay keeps waiting holds up its
/// own call only. Outlives every runner, over lost leases too: it remembers what the ledger could not be told.
class SendMail final : public engine::Step<MailRequest, MailReceipt> {
 public:
  /// What the options say of parallelism and the longest call is the mailer's to say. Throws engine::RefusedError for a
  /// sender that cannot be used.
  SendMail(std::string name, MailLedger& ledger, Mailer& mailer, Sender sender,
           engine::StepOptions options = {.retry = kMailRetry, .batch_max = 0});

  /// The recipient, the first where several share a mailbox.
  std::string key(const MailRequest& request) const override { return request.recipient; }
  std::string tenant(const MailRequest& request) const override { return request.org_id; }
  std::string destination(const MailRequest& request) const override;
  void execute(engine::Batch<MailRequest, MailReceipt>& batch) override;
  /// The ledger's part of it: a relay says no before anything is sent.
  void check_service() override { ledger_.check_access(); }
  std::string service_version() const override { return mailer_.credentials_version(); }
  /// Mails in flight are broken off; those past their final dot are in doubt.
  void interrupt() override { mailer_.interrupt(); }

  const Sender& sender() const { return sender_; }

 private:
  class Round;

  std::string message_id_of(const engine::Item<MailRequest, MailReceipt>& item) const;
  void record_kept_verdicts();
  void record_one_by_one(const std::vector<LedgerVerdict>& verdicts);
  void record_isolated_verdicts(engine::Batch<MailRequest, MailReceipt>& batch);

  MailLedger& ledger_;
  Mailer& mailer_;
  const Sender sender_;
  VerdictMemory memory_;
  std::mutex telling_;
};

}  // namespace pawl::mail
