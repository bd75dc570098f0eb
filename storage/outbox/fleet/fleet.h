// What Postgres knows of all workers and of what waits for them: whatever any host can ask.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "storage/postgres/connection.h"

namespace pawl::storage {

/// Times are RFC 3339 in UTC; ages are seconds by the clock of Postgres.
struct FleetStore {
  std::string store = {};
  std::string host = {};
  std::string path = {};
  std::string version = {};
  std::string state = {};  ///< As in pawl.v1_stores.
  std::string last_seen_at = {};
  double silent_seconds = 0;                ///< Since then.
  std::optional<std::int64_t> epoch = {};   ///< While its worker has a lease.
  std::optional<std::int64_t> pid = {};     ///< Likewise.
  std::vector<std::string> workflows = {};  ///< Likewise: those that it runs.
  std::int64_t leased = 0;
};

/// Unfinished runs of one workflow; of one type of events where no workflow is registered for it.
struct Backlog {
  std::string workflow = {};  ///< Empty: none.
  std::string type = {};
  std::int64_t due = 0;      ///< Free, and may be claimed now.
  std::int64_t not_due = 0;  ///< Free, and to be claimed later.
  std::int64_t leased = 0;
  std::string oldest_at = {};  ///< When the oldest was emitted; empty where no time is known.
  double oldest_seconds = 0;
  double longest_due_seconds = 0;  ///< How long the one has been due that waits longest.
};

/// Runs that failed in one way.
struct Failures {
  std::string workflow = {};
  std::string step = {};    ///< Empty: none that is known.
  std::string reason = {};  ///< Without ids, where the database can tell; empty: not looked at.
  std::int64_t last_hour = 0;
  std::int64_t last_day = 0;
  std::string last_at = {};
  std::string example = {};  ///< The latest run.
};

struct PausedStep {
  std::string step = {};
  std::string host = {};
  std::string reason = {};
  std::string since = {};
  double seconds = 0;              ///< Since then.
  std::string next_probe_at = {};  ///< Empty while a probe is out.
  std::int64_t held = 0;
};

/// A step of which a call has been out for long.
struct LongCall {
  std::string step = {};
  std::string host = {};
  std::string since = {};
  double seconds = 0;
  std::int64_t calls = 0;
};

/// A batch that does not go on as it should: it is paused, or its last step failed.
struct HeldBatch {
  std::int64_t id = 0;
  std::string verb = {};
  std::string state = {};  ///< `paused` or `running`.
  std::int64_t owed = 0;
  std::string problem = {};  ///< Why its last step failed; empty when it did not.
};

struct Fleet {
  std::string at = {};  ///< By the clock of Postgres.
  std::vector<FleetStore> stores = {};
  std::vector<Backlog> backlog = {};
  std::string oldest_run = {};          ///< The oldest unfinished one; empty: there is none.
  std::vector<Failures> failures = {};  ///< Of the last day; the most frequent first.
  bool more_failures = false;           ///< More than are counted: their numbers are lower bounds.
  std::int64_t older_failed = 0;        ///< Failed before that, and neither resumed nor dismissed.
  bool more_older_failed = false;       ///< More than are counted.
  std::string oldest_failed_at = {};    ///< When the oldest of them failed.
  std::vector<PausedStep> paused = {};
  std::vector<LongCall> calls = {};
  std::vector<HeldBatch> batches = {};
  std::optional<std::int64_t> in_doubt = {};  ///< Mails; none where this database has no mail ledger.
  std::vector<std::string> problems = {};     ///< As pawl.problems() tells them.

  bool lives(const FleetStore& store) const { return store.state == "living"; }
  /// Whether some living worker runs it.
  bool runs(const std::string& workflow) const;
  bool any_lives() const;
};

/// Reads the unfinished runs once, and of the finished only what failed lately. Throws the engine's errors.
Fleet read_fleet(PostgresConnection& connection);

/// The stores alone, without what they hold.
std::vector<FleetStore> read_stores(PostgresConnection& connection);

}  // namespace pawl::storage
