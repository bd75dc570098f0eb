// What an operator asks about mails in doubt, and says of them, from the command line.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "storage/postgres/address.h"

namespace pawl::mail {

/// A line of pawl.v1_in_doubt.
struct InDoubtMail {
  std::string run_id;  ///< Under whose keys it is sent.
  std::string user_id;
  std::string email;       ///< Empty if the user has none any more.
  std::string since;       ///< RFC 3339, UTC.
  std::int64_t count = 0;  ///< How often it may have been sent without a recorded reply.
  std::string run;
  std::string reply;
  std::string message_id;
};

/// Oldest first.
std::vector<InDoubtMail> mails_in_doubt(const storage::PostgresAddress& address);

struct InDoubtResolution {
  std::string run_id;   ///< Full UUID: the run under whose keys they are sent.
  std::string user_id;  ///< Full UUID; empty: every one of its mails that is in doubt.
  bool sent = false;
  std::string requested_by;  ///< For the audit trail in pawl.commands.
  std::string note;
};
struct InDoubtOutcome {
  int resolved = 0;     ///< Mails; 0: refused.
  std::string outcome;  ///< Why it was refused: not found, not in doubt.
  std::string run;      ///< What became of the run.
};

/// One transaction: ledger, audit trail and the run's return to the outbox.
InDoubtOutcome resolve_in_doubt(const storage::PostgresAddress& address, const InDoubtResolution& resolution);

}  // namespace pawl::mail
