// How a worker takes a new epoch, and how the events of dead epochs become free.
#pragma once

#include <cstdint>
#include <string>

#include "engine/outbox.h"
#include "storage/postgres_connection.h"

namespace pawl::storage {

/// One transaction: registers the epoch, takes over what older epochs of the same store left, and ends those.
engine::Registered register_worker(PostgresConnection& connection, const engine::Registration& registration,
                                   const std::string& version, engine::Duration lease);

/// Ends every epoch whose lease has expired by Postgres' clock and frees its events. Cheap when there is none.
void free_expired_epochs(PostgresConnection& connection);

}  // namespace pawl::storage
