// The mail ledger in pawl.email_deliveries.
#pragma once

#include <memory>
#include <string>

#include "storage/epoch.h"
#include "storage/postgres_address.h"
#include "workflows/notify_sync_failure/mail_ledger.h"

namespace pawl::storage {

/// What to do with a mail that may or may not have been sent.
enum class InDoubtPolicy { kResend, kHold };

class PostgresMailLedger final : public notify_sync_failure::MailLedger {
 public:
  PostgresMailLedger(const PostgresAddress& address, const Epoch& epoch, InDoubtPolicy policy);
  ~PostgresMailLedger() override;
  std::vector<notify_sync_failure::LedgerEntry> claim(
      std::span<const notify_sync_failure::LedgerRequest> requests) override;
  void settle(std::span<const notify_sync_failure::LedgerVerdict> verdicts) override;

  /// Runs the statements for no mail and no worker. Throws engine::RefusedError when the database lacks, or denies,
  /// what they need.
  void check_access() override;

 private:
  class Body;
  std::unique_ptr<Body> body_;
};

}  // namespace pawl::storage
