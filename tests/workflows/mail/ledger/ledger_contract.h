// What every mail ledger promises, as sections that each implementation's test case runs.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "workflows/mail/ledger/mail_ledger.h"

namespace pawl::mail {

/// A table of mails to addresses, with the worker that sends them.
class LedgerWorld {
 public:
  virtual ~LedgerWorld() = default;

  virtual std::string new_event() = 0;
  /// Of today's worker; does not outlive the next call of `take_over`.
  virtual MailLedger& ledger() = 0;
  /// Another worker has come, and the one before it is gone. What is in doubt is sent again, or held.
  virtual void take_over(bool holds_in_doubt) = 0;
  /// "STATE REPLY" of a mail, "none" where it has no row.
  virtual std::string row(const LedgerRequest& mail) = 0;
};

/// Makes an empty one, whose first worker sends again what is in doubt; called at least once a section.
using MakeLedgerWorld = std::function<std::unique_ptr<LedgerWorld>()>;

/// The whole of it, as sections. Call from a TEST_CASE.
void check_ledger_contract(const MakeLedgerWorld& make);

}  // namespace pawl::mail
