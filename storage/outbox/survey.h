// One pass over the whole outbox, for what a claim that looks above a mark does not see.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "storage/postgres/connection.h"

namespace pawl::storage {

/// What a worker may claim. $1 workflows, $2 store. An event that was resumed waits for the worker with its checkpoints
/// while that lives. Asked for each event, the workers made a sweep look so dear that Postgres compiled it.
inline const std::string kClaimable =
    "o.lease_epoch is null and o.available_at <= now() and o.workflow = any($1::text[])"
    " and (o.store is null or o.store = $2::uuid or (not o.only_store and o.store <> all(array(select w.store"
    " from pawl.workers w where w.stopped_at is null and w.expires_at > now()))))";

/// A column of a statement that reads the whole outbox, and a word to the planner: what calls set_config has no
/// parallel plan. The processes of one would be started anew each time, and take the cores from those who wait.
/// Gain: 3 % of throughput, and more the busier the cores are.
inline const std::string kSerial = "set_config('max_parallel_workers_per_gather', '0', true)";

struct Survey {
  std::int64_t lowest_fresh = 0;  ///< Position of the first that was never delivered; 0: there is none.
  bool redelivered = false;       ///< Some that were delivered before can be claimed.
  bool leased_by_nobody = false;  ///< Some are leased by an epoch without a row.
};

/// Makes no runs. Throws engine::RefusedError where the function is missing, or denied to this role.
void check_survey_access(PostgresConnection& connection);

/// First makes runs of events that have none, for whichever worker runs their workflows. Reads every row, leased ones
/// too: the one place where they are passed over. `workflows` is an array literal.
Survey survey(PostgresConnection& connection, const std::string& workflows, const std::string& store);

struct Redelivered {
  std::int64_t position;
  int deliveries;
};

/// Those that can be claimed and were delivered before, first those that wait for their last delivery.
std::deque<Redelivered> redelivered_events(PostgresConnection& connection, const std::string& workflows,
                                           const std::string& store, int deliveries_max, std::size_t limit);

/// The epochs there are and which of them have stopped: as long as this stays the same, nobody has freed the events
/// of one.
std::string epochs_at_work(PostgresConnection& connection);

}  // namespace pawl::storage
