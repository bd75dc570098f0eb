// Commands about many runs: what there is, how far each has come, and pausing, continuing and aborting them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "storage/postgres/address.h"

namespace pawl::storage {
class PostgresConnection;
}

namespace pawl::bin {

/// A row of pawl.v1_batches; times are RFC 3339 in UTC.
struct Batch {
  std::int64_t id = 0;
  std::string verb;
  std::string state;  ///< `running`, `paused`, `aborted` or `done`.
  std::int64_t runs = 0;
  std::int64_t acted = 0;  ///< On how many of them it has acted.
  std::int64_t owed = 0;   ///< Runs that it has yet to act on.
  double rate = 0;         ///< Runs a second; 0: as fast as it goes.
  std::string requested_by;
  std::string note;
  std::string filter;  ///< JSON.
  std::string created_at;
  std::string finished_at;                      ///< Empty until it ends.
  std::string through_at;                       ///< When it will be through; empty where that is not known.
  std::optional<std::int64_t> seconds_to_go{};  ///< The same from now on.
  std::string problem{};                        ///< Why its last step failed; empty when it did not.

  bool ended() const { return state == "done" || state == "aborted"; }
};

/// Runs of a batch of which the verb said the same.
struct BatchOutcome {
  std::string outcome;  ///< Empty: it is still to come.
  std::int64_t runs = 0;
  std::string example;
};

/// Newest first, at most so many.
std::vector<Batch> list_batches(const storage::PostgresAddress& address, std::size_t limit);
/// Throws NotFoundError, which names the batches that there are.
Batch find_batch(const storage::PostgresAddress& address, std::int64_t id);
/// By how many runs.
std::vector<BatchOutcome> outcomes_of(const storage::PostgresAddress& address, std::int64_t id);

/// How the runs stand now that a batch has acted on: `unfinished`, `done`, `failed` and so on.
std::vector<BatchOutcome> ends_of(const storage::PostgresAddress& address, std::int64_t id);

/// What finds the batch, its runs by outcome, and how they stand, as queries for psql.
std::string batch_sql(std::int64_t id);

/// What is still to be done to runs, by their ids, where a batch owes them anything: for example `batch 7 will resume
/// it`.
std::map<std::string, std::string> owed_to(const storage::PostgresAddress& address,
                                           const std::vector<std::string>& run_ids);
/// The same of those that are full ids; none where Postgres cannot be asked, since it is said beside something else.
std::map<std::string, std::string> owed_if_known(const storage::PostgresAddress& address,
                                                 std::vector<std::string> run_ids);
/// Of one run; empty: none.
std::string owed_if_known(const storage::PostgresAddress& address, const std::string& run_id);

/// `pause`, `continue` or `abort`, recorded with who asked. Throws NotFoundError, and engine::RefusedError where the
/// batch's state does not allow it, with the verb that fits.
void control_batch(const storage::PostgresAddress& address, std::int64_t id, const std::string& verb,
                   const std::string& requested_by, const std::string& note);

/// Whether some worker lives, which works on batches.
bool worker_lives(const storage::PostgresAddress& address);

/// Works on one batch from here, where no worker does. Used by one thread.
class BatchWork {
 public:
  BatchWork(const storage::PostgresAddress& address, std::int64_t id);
  ~BatchWork();
  BatchWork(const BatchWork&) = delete;

  struct Step {
    bool running = false;        ///< There is more to do.
    std::int64_t acted_on = 0;   ///< Runs.
    double next_in_seconds = 0;  ///< When there is.
    std::string problem{};       ///< Why the step failed; empty when it did not.

    /// A little also where there is more to do at once and somebody else does it.
    double seconds_to_wait() const { return std::max(next_in_seconds, acted_on == 0 ? 0.05 : 0.0); }
  };
  /// A step, one transaction. Throws the engine's errors; it may be made again.
  Step step();

 private:
  const std::int64_t id_;
  std::unique_ptr<storage::PostgresConnection> connection_;
};

}  // namespace pawl::bin
