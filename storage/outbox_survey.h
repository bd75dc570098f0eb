// One pass over the whole outbox, for what a claim that looks above a mark does not see.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "storage/postgres_connection.h"

namespace pawl::storage {

/// What a worker may claim. $1 types, $2 store. An event that was resumed waits for the worker with its checkpoints
/// while that lives.
inline const std::string kClaimable =
    "o.lease_epoch is null and o.available_at <= now() and o.type = any($1::text[])"
    " and (o.store is null or o.store = $2::uuid or not exists (select from pawl.workers w"
    " where w.store = o.store and w.stopped_at is null and w.expires_at > now()))";

/// Runs a statement that may read the whole outbox by itself and as it is: processes of a parallel plan would be
/// started anew each time and take the cores from those who wait, and compiling takes as long as reading 100,000 rows.
Rows read_outbox(PostgresConnection& connection, const std::string& operation, const std::string& sql,
                 const Parameters& parameters);

struct Survey {
  std::int64_t lowest_fresh = 0;  ///< Position of the first that was never delivered; 0: there is none.
  bool redelivered = false;       ///< Some that were delivered before can be claimed.
  bool leased_by_nobody = false;  ///< Some are leased by an epoch without a row.
};

/// Reads every row, leased ones too: the one place where they are passed over. `types` is an array literal.
Survey survey(PostgresConnection& connection, const std::string& types, const std::string& store);

struct Redelivered {
  std::int64_t position;
  int deliveries;
};

/// Those that can be claimed and were delivered before, first those that wait for their last delivery.
std::deque<Redelivered> redelivered_events(PostgresConnection& connection, const std::string& types,
                                           const std::string& store, int deliveries_max, std::size_t limit);

/// The epochs there are and which of them have stopped: as long as this stays the same, nobody has freed the events
/// of one.
std::string epochs_at_work(PostgresConnection& connection);

}  // namespace pawl::storage
