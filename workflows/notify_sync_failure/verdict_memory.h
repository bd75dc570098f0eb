// Verdicts that the mail ledger could not be told, remembered so that an outage of the ledger sends nothing twice.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "workflows/notify_sync_failure/mail_ledger.h"

namespace pawl::notify_sync_failure {

/// Lives as long as the process, over lost leases: a ledger row of a lost epoch keeps saying `sending`, and only this
/// memory knows that the server took that mail. Empty unless `MailLedger::settle` has thrown. Not thread-safe.
class VerdictMemory {
 public:
  /// The ledger may not have these.
  void keep(std::span<const LedgerVerdict> verdicts);

  /// What the ledger still has to be told.
  std::vector<LedgerVerdict> unrecorded() const;

  /// The ledger took all that was unrecorded. Final verdicts stay until forgotten, since the ledger leaves rows of
  /// another epoch alone without saying so.
  void recorded();

  /// The server's last word on a mail, accepted or rejected, which sending again must not follow.
  std::optional<LedgerVerdict> final_verdict(const std::string& event_id, const std::string& user_id) const;

  void forget(const std::string& event_id, const std::string& user_id);

 private:
  struct Kept {
    LedgerVerdict verdict;
    bool recorded = false;
  };
  using Key = std::pair<std::string, std::string>;  ///< Event and user.

  std::map<Key, Kept> kept_;
};

}  // namespace pawl::notify_sync_failure
