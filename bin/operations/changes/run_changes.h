// What an operator does to single runs: let go on, cancel, retry at once, begin anew.
#pragma once

#include <string>
#include <vector>

#include "storage/outbox/operators/event_admin.h"
#include "storage/outbox/operators/run_requests.h"
#include "storage/postgres/address.h"

namespace pawl::bin {

/// What became of one run.
struct RunChange {
  enum class Kind { kDone, kNotFound, kRefused };
  Kind kind = Kind::kDone;
  std::string run_id;
  std::string outcome;  ///< One word where it was done, as `cancelling`; else `not found` or `refused`.
  std::string detail;   ///< What follows from it, or why not, with the verb that does fit.
};

/// Which verb fits the run, after a semicolon: of an outcome of the functions in Postgres that changed nothing; empty
/// where there is none.
std::string advice_on(const storage::PostgresAddress& address, const std::string& run_id, const std::string& outcome);

/// Lets failed runs go on: waits for no worker.
std::vector<RunChange> resume_runs(const storage::PostgresAddress& address, const storage::ResumeRequest& request);
/// The workflows whose runs these changes let go on, each once; none where Postgres cannot be asked any more.
std::vector<std::string> workflows_going_on(const storage::PostgresAddress& address,
                                            const std::vector<RunChange>& changes);
/// Cancels unfinished runs: waits for no worker.
std::vector<RunChange> cancel_runs(const storage::PostgresAddress& address, const storage::RunRequest& request);
/// Ends what unfinished runs wait for.
std::vector<RunChange> retry_runs_now(const storage::PostgresAddress& address, const storage::RunRequest& request);

/// What is to begin anew.
struct Rerun {
  std::string id;         ///< Of one run, as in a RunRequest.
  std::string from_step;  ///< Empty: from its beginning.
  bool resend = false;    ///< Whoever was told is told again.
  std::string requested_by;
  std::string reason;
};
/// Begins one run anew. Throws NotFoundError for none, and with the candidates for several. Where these checkpoints, a
/// path, hold the run, a step that did not begin in it is refused with the names of those that did. The change is of
/// the run that was named; `detail` is the id of the new one.
RunChange rerun(const storage::PostgresAddress& address, const std::string& checkpoints, const Rerun& rerun);

}  // namespace pawl::bin
