// Runs as Postgres has them, whichever worker's checkpoints hold them: found, listed, and why they wait.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/authoring/event.h"
#include "storage/postgres/connection.h"

namespace pawl::storage {

/// Times are RFC 3339 in UTC; empty where there is none.
struct WaitingRun {
  std::string run_id = {};
  std::string event_id = {};
  std::string workflow = {};  ///< Empty: none of its type is registered.
  std::string type = {};
  std::string state = {};  ///< As in pawl.v1_waiting.
  std::string reason = {};
  std::string since = {};
  std::string until = {};
  std::string step = {};
  std::string store = {};
  std::string host = {};
  std::string mark = {};
  std::int64_t deliveries = 0;
};

struct WaitingFilter {
  std::vector<std::string> runs = {};  ///< Full ids of runs; none: any.
  std::string workflow = {};           ///< Empty: any.
  std::string step = {};               ///< That is known to be what they wait for; empty: any.
  std::size_t limit = 100;
};

/// By their ids, which are in order of time where they are pawl's, as far as the limit goes.
std::vector<WaitingRun> read_waiting(PostgresConnection& connection, const WaitingFilter& filter);
/// How many unfinished runs there are of the workflow; empty: of any.
std::int64_t count_unfinished(PostgresConnection& connection, const std::string& workflow);

/// A run in the outbox or in the archive.
struct FleetRun {
  std::string run_id = {};
  std::string event_id = {};
  std::string workflow = {};
  std::string status = {};  ///< As in pawl.v1_events.
  std::string reason = {};
  std::string type = {};
  std::string aggregate_type = {};
  std::string aggregate_id = {};
  std::string payload = {};  ///< JSON text; only of a run that was asked for.
  std::string created_at = {};
  std::string finished_at = {};
  std::int64_t deliveries = 0;
  std::int64_t resumes = 0;
  std::string store = {};
  std::string host = {};  ///< Of that store; empty where it is not known.
  std::string path = {};  ///< Its file there.
};

struct FleetRunFilter {
  std::vector<std::string> statuses = {};  ///< None: any.
  long since_seconds = 0;                  ///< Finished within the last so many seconds, or not finished; 0: ever.
  long until_seconds = 0;                  ///< Finished before so many seconds ago; 0: ever.
  std::string event_id = {};               ///< Full; empty: any.
  std::string aggregate_id = {};
  std::string workflow = {};
  std::string tenant = {};
  std::optional<std::vector<std::string>> run_ids = {};  ///< Full ids; none given: any.
  std::size_t limit = 100;
};

/// The newest first, by their ids, which are in order of time.
std::vector<FleetRun> list_fleet_runs(PostgresConnection& connection, const FleetRunFilter& filter);
/// How many there are, whatever its limit says; counts kCountedMax at most beyond that.
std::size_t count_fleet_runs(PostgresConnection& connection, const FleetRunFilter& filter);
inline constexpr std::size_t kCountedMax = 10'000;
/// By its own id, a full UUID, with its payload.
std::optional<FleetRun> read_fleet_run(PostgresConnection& connection, const std::string& run_id);

/// Runs whose own id or whose event's begins with `part`, a hexadecimal text that may have dashes; or ends with it,
/// among the latest kSuffixWithin of those that wait and of those that are finished.
std::vector<engine::RunName> fleet_runs_like(PostgresConnection& connection, const std::string& part,
                                             std::size_t limit);
inline constexpr int kSuffixWithin = 50'000;

}  // namespace pawl::storage
