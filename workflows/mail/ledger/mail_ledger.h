// The port to the mail ledger: the truth about every mail, written beside the application's data before it is sent.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/authoring/clock.h"

namespace pawl::mail {

/// A mail, by event, step and recipient: its key. Asked just before sending.
struct LedgerRequest {
  std::string effects_id;
  std::string org_id;     ///< Of which the ledger's audience must say that the recipient is.
  std::string recipient;  ///< A user's id, or, to a ledger without an audience, an address.
  std::string message_id;
  /// It, or a mail of its event to other users of the mailbox, may have been claimed before. One that was itself may
  /// say false too, at the cost of a refused statement and a new connection.
  bool again = false;
  std::string workflow = {};  ///< For people: the event's id is another for each workflow.
  std::string step = {};      ///< A run's steps may each mail the same recipient.
};

enum class Clearance {
  kCleared,     ///< Ours to send now; the ledger says `sending`.
  kAccepted,    ///< Was sent before: send nothing.
  kSuppressed,  ///< Not to be sent; `reason` says why (gone, demoted).
  kHeld,        ///< In doubt, and the policy leaves it to an operator.
};

struct LedgerEntry {
  Clearance clearance = Clearance::kCleared;
  std::string email;      ///< As of now, when cleared; not validated.
  std::string full_name;  ///< As of now, when cleared.
  std::string reason;
  /// When cleared, what the mail goes out under: of the first claim that may have sent it, else as asked for, and now.
  std::string message_id = {};
  engine::Timestamp date{};
  std::string time_zone = {};  ///< Of the recipient, by the IANA database; empty where the application knows none.
};

enum class LedgerState { kAccepted, kDeferred, kRejected, kInDoubt, kSuppressed };

/// The word of SQL for it.
constexpr const char* to_string(LedgerState state) {
  switch (state) {
    case LedgerState::kAccepted:
      return "accepted";
    case LedgerState::kDeferred:
      return "deferred";
    case LedgerState::kRejected:
      return "rejected";
    case LedgerState::kInDoubt:
      return "in_doubt";
    case LedgerState::kSuppressed:
      return "suppressed";
  }
  return "?";
}

/// What became of a cleared mail.
struct LedgerVerdict {
  std::string effects_id;
  std::string recipient;  ///< As it was claimed.
  LedgerState state = LedgerState::kDeferred;
  std::string reply;  ///< The server's reply, or the reason of a suppression.
  std::string step = {};
};

/// Safe to call from several threads. Throws engine::UnavailableError when the database cannot be reached and
/// engine::LeaseLostError when this worker's epoch is over.
class MailLedger {
 public:
  virtual ~MailLedger() = default;
  /// One transaction: reads membership, role and address again, and writes `sending` for those it clears. A row found
  /// `sending` was interrupted: it is counted as in doubt, then cleared again or held, as the policy says. An event's
  /// mail to one mailbox is one mail, also where another of its users asks for it once it may have been sent.
  virtual std::vector<LedgerEntry> claim(std::span<const LedgerRequest> requests) = 0;
  /// One transaction; repeating it is harmless. Verdicts of another epoch are not overwritten.
  virtual void settle(std::span<const LedgerVerdict> verdicts) = 0;
  /// Claims and settles nothing by the same statements. Throws as they would where the database refuses every mail.
  virtual void check_access() {}
};

}  // namespace pawl::mail
