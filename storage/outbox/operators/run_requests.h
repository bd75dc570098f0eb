// What an operator asks of single runs in Postgres: to end, to be tried at once, to begin anew.
#pragma once

#include <string>
#include <vector>

#include "storage/postgres/address.h"

namespace pawl::storage {

/// Whom a request names, and who asks.
struct RunRequest {
  /// Full UUIDs: of events, each of which means its runs in all workflows, or in one as `EVENT/WORKFLOW`, or of runs.
  std::vector<std::string> ids;
  std::string requested_by;  ///< For the audit trail in pawl.commands.
  std::string note;          ///< Why; may be empty.
};
struct RunAnswer {
  std::string run_id;   ///< What was named, where there is no such run.
  std::string outcome;  ///< As pawl.cancel and pawl.retry_now tell it.
};

/// Answers are in the order of the ids, one a run. A request whose reply is lost is repeated, and changes nothing
/// twice. Throw engine::UnavailableError.
std::vector<RunAnswer> cancel_runs(const PostgresAddress& address, const RunRequest& request);
std::vector<RunAnswer> retry_runs_now(const PostgresAddress& address, const RunRequest& request);

struct RerunRequest {
  std::string run_id;     ///< A full UUID.
  std::string from_step;  ///< Empty: from its beginning.
  bool resend = false;    ///< What it has done is done again, under keys of its own.
  std::string requested_by;
  std::string reason;
};
struct RerunAnswer {
  std::string new_run;  ///< Empty: it was refused.
  std::string outcome;  ///< As pawl.rerun_run tells it.
};

/// As above. Throws engine::PermanentError without a reason.
RerunAnswer rerun(const PostgresAddress& address, const RerunRequest& request);

}  // namespace pawl::storage
