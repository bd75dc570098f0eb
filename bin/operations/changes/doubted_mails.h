// Takes mails out of doubt as somebody who knows says.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bin/operations/runs/run_ids.h"
#include "workflows/mail/ledger/in_doubt_mails.h"

namespace pawl::bin {

struct DoubtOrder {
  std::vector<GivenRuns> runs;
  std::string user;  ///< Only the mail to this user, by full id or address; empty: all of a run.
  bool sent = false;
  std::string requested_by;  ///< For the audit trail.
  std::string note;
};

/// What became of one run's mails.
struct DoubtAnswer {
  std::string run_id;
  int resolved = 0;  ///< 0: none, and `outcome` says why.
  std::string outcome;
  std::string run;  ///< What became of the run.
  bool not_found = false;
};

/// Takes the mails of these runs out of doubt, and lets the runs go on. Parts of ids are looked for among the runs with
/// a mail in doubt. Throws NotFoundError, and the engine's errors.
std::vector<DoubtAnswer> resolve_doubt(const storage::PostgresAddress& postgres, const DoubtOrder& order);

}  // namespace pawl::bin
