// One verb on many runs: which runs a filter selects, and the batch that is made of them.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "engine/authoring/clock.h"
#include "storage/postgres/address.h"

namespace pawl::bin {

/// A time of the filter: none, so long ago by the clock of Postgres, or a moment.
using FilterTime = std::variant<std::monostate, engine::Duration, engine::Timestamp>;

/// Empty texts select nothing out. `resume` and `requeue` are about failed runs and when they failed, `cancel`
/// and `retry-now` about unfinished ones and when they were emitted.
struct BulkFilter {
  FilterTime since;  ///< From then on.
  FilterTime until;  ///< Before then.
  std::string workflow;
  std::string step;        ///< Whose failure ended the run, or of `retry-now` that does not move in its worker.
  std::string error_like;  ///< A LIKE pattern, or a part of the reason where it has no %; of failed runs only.
  std::string connection;  ///< The id of what the event is about.
  std::string org;         ///< The tenant of the event.
  std::string user;        ///< By id or address: runs that mail or notify him, or that failed over him.
};

/// Runs that one verb would be about for one reason.
struct BulkGroup {
  std::string workflow;
  std::string step;    ///< Empty where no step's failure ended the run.
  std::string reason;  ///< Without ids, addresses, numbers and quoted words.
  std::int64_t runs = 0;
  std::string first_at, last_at;  ///< RFC 3339, UTC.
  std::string example;            ///< The id of one of them.
  std::string left_out;           ///< Why the verb would not act on them all the same; empty: it would.
};

/// What a batch of the verb would be about now, largest group first, then what it would leave out. Throws the engine's
/// errors.
std::vector<BulkGroup> preview_bulk(const storage::PostgresAddress& address, const std::string& verb,
                                    const BulkFilter& filter);
/// The same as a query for psql. What is so long ago is so long before the query is run.
std::string preview_sql(const std::string& verb, const BulkFilter& filter);
/// How many runs the verb would act on.
std::int64_t runs_in(const std::vector<BulkGroup>& groups);
/// How many it would leave out.
std::int64_t left_out_of(const std::vector<BulkGroup>& groups);

struct BulkRequest {
  std::string verb;
  BulkFilter filter;
  std::string requested_by;  ///< For the audit trail.
  std::string note;
  double rate = 0;  ///< Runs a second; 0: as fast as it goes.
};
struct MadeBatch {
  std::int64_t id = 0;  ///< 0: no run was selected, and no batch made.
  std::int64_t runs = 0;
  std::vector<std::string> workflows{};  ///< Whose runs they are; none where an earlier reply was lost.
};
/// Fixes the runs and makes the batch, once also where a reply is lost. Throws the engine's errors.
MadeBatch make_batch(const storage::PostgresAddress& address, const BulkRequest& request);

}  // namespace pawl::bin
