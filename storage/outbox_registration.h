// How a worker takes a new epoch, and how the events of dead epochs become free.
#pragma once

#include <cstdint>
#include <string>

#include "engine/outbox.h"
#include "storage/postgres_connection.h"

namespace pawl::storage {

/// One transaction: registers the epoch, takes over what older epochs of the same store left, and ends those.
/// `previous_epoch` is this process's own before, or 0. Throws engine::RefusedError naming the other process if one has
/// registered the same store since: it runs on a copy of the file, and would lose its epoch to us and take ours in
/// turn.
engine::Registered register_worker(PostgresConnection& connection, const engine::Registration& registration,
                                   const std::string& version, engine::Duration lease, std::int64_t previous_epoch);

/// Ends every epoch whose lease has expired by Postgres' clock and frees its events; cheap when there is none.
void free_expired_epochs(PostgresConnection& connection);

/// Frees the events of epochs without a row, whoever deleted that.
void free_events_of_nobody(PostgresConnection& connection);

}  // namespace pawl::storage
