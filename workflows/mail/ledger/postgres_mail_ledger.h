// The mail ledger in pawl.email_deliveries.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "storage/postgres/address.h"
#include "storage/postgres/epoch.h"
#include "workflows/mail/ledger/audience.h"
#include "workflows/mail/ledger/mail_ledger.h"

namespace pawl::mail {

/// What to do with a mail that may or may not have been sent.
enum class InDoubtPolicy { kResend, kHold };

class PostgresMailLedger final : public MailLedger {
 public:
  /// With an audience, recipients are users and get mails while they are eligible. Without one they are addresses, and
  /// always are.
  PostgresMailLedger(const storage::PostgresAddress& address, const storage::Epoch& epoch, InDoubtPolicy policy,
                     const std::optional<Audience>& audience);
  ~PostgresMailLedger() override;
  std::vector<LedgerEntry> claim(std::span<const LedgerRequest> requests) override;
  void settle(std::span<const LedgerVerdict> verdicts) override;

  /// Runs the statements for no mail and no worker. Throws engine::RefusedError when the database lacks, or denies,
  /// what they need.
  void check_access() override;

 private:
  class Calls;
  std::unique_ptr<Calls> calls_;
};

}  // namespace pawl::mail
