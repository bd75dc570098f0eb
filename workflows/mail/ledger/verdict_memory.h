// Verdicts that the mail ledger could not be told, remembered so that an outage of the ledger sends nothing twice.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "workflows/mail/ledger/by_texts.h"
#include "workflows/mail/ledger/mail_ledger.h"

namespace pawl::mail {

/// Of one step's mails. Lives as long as the process, over lost leases: a ledger row of a lost epoch keeps saying
/// `sending`, and only this memory knows that the server took that mail. Empty unless `MailLedger::settle` has thrown.
/// Thread-safe.
class VerdictMemory {
 public:
  struct Unrecorded {
    std::vector<LedgerVerdict> verdicts;
    std::uint64_t last = 0;  ///< Of what was kept until now.
  };

  /// The ledger may not have these.
  void keep(std::span<const LedgerVerdict> verdicts);

  /// What the ledger still has to be told.
  Unrecorded unrecorded() const;

  /// The ledger took what was unrecorded, up to `last`; what was kept since stays to be told. Final verdicts stay until
  /// forgotten, since the ledger leaves rows of another epoch alone without saying so.
  void recorded(std::uint64_t last);
  /// The same of this one.
  void recorded(const LedgerVerdict& verdict);

  /// The ledger refused this one, and takes others: it is told again only when its own mail comes round.
  void isolate(const LedgerVerdict& verdict);
  bool isolates_any() const;
  std::optional<LedgerVerdict> isolated(const std::string& effects_id, const std::string& recipient) const;

  /// The server's last word on a mail, accepted or rejected, which sending again must not follow.
  std::optional<LedgerVerdict> final_verdict(const std::string& effects_id, const std::string& recipient) const;

  void forget(const std::string& effects_id, const std::string& recipient);

 private:
  struct Kept {
    LedgerVerdict verdict;
    std::uint64_t number = 0;  ///< Counted from 1, in the order of keeping.
    bool recorded = false;
    bool isolated = false;
  };
  using Mail = std::pair<std::string_view, std::string_view>;  ///< Event and recipient.

  mutable std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, Kept, ByTexts<Mail>> kept_;
  std::uint64_t last_ = 0;
};

}  // namespace pawl::mail
