// Lists runs: as the checkpoints of this host have them, and as Postgres has those of others.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "bin/operations/runs/fleet.h"

namespace pawl::bin {

/// Times are RFC 3339 in UTC; empty where there is none.
struct ListedRun {
  std::string run_id = {};
  std::string status = {};  ///< As in the view that knew it: a run that a worker has is `leased` in Postgres.
                            ///< Of one that has failed or not ended here, in Postgres' words where it says otherwise.
  std::string started_at = {};
  std::string ended_at = {};
  std::string workflow = {};
  std::string event_id = {};
  std::string aggregate_id = {};
  std::string reason = {};
  std::string host = {};   ///< Of its checkpoints, where Postgres knew it.
  bool elsewhere = false;  ///< Postgres knew it, and the file, which was asked too, did not.
};

struct ListQuestion {
  storage::RunFilter filter;  ///< `status` may also be a word of Postgres: pending, leased or dismissed.
  bool of_fleet = false;      ///< Asks Postgres alone.
  bool ids_alone = false;     ///< How they stand is asked for only where the filter has a status.
};

struct RunListing {
  std::vector<ListedRun> runs;  ///< The newest first.
  std::size_t found = 0;        ///< With those that the limit left out; where Postgres was asked, at least so many.
  bool is_more = false;         ///< There may be more than `found`: they are not all counted.
  bool from_postgres_alone = false;
  std::string postgres_error;  ///< Why Postgres could not be asked for more; empty: it was, or had not to be.
};

/// What has become of runs that have failed or not ended in the file is asked of Postgres. Of a question about whom or
/// what the runs are about, it is asked for runs that the file does not have; of any, where there is no file, or its
/// words are asked for. Throws engine::UnavailableError where neither can be asked.
RunListing list_runs(RunSources& sources, const ListQuestion& question);

/// The same as a query on the view that the answer comes from, for psql or `pawl sql`.
std::string listing_sql(RunSources& sources, const ListQuestion& question);

}  // namespace pawl::bin
