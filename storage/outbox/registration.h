// How a worker takes a new epoch, and how the events of dead epochs become free.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/ports/outbox.h"
#include "storage/outbox/fleet/takeovers.h"
#include "storage/postgres/connection.h"

namespace pawl::storage {

/// What this process has registered itself. Host and pid do not tell: containers share both.
struct OwnEpochs {
  std::int64_t previous = 0;        ///< 0: none yet.
  std::vector<std::int64_t> tried;  ///< Also those whose commit has an unknown outcome. Grows by one a try.
};

/// What a worker says of itself when it registers.
struct WorkerIdentity {
  std::string version;
  std::string path;                    ///< Its checkpoint file.
  std::vector<std::string> workflows;  ///< Those that it runs.
  engine::Duration lease{};
};

/// One transaction: registers the epoch, takes over what older epochs of the same store left, and ends those.
/// Throws engine::StoreCopiedError naming the other process if one has registered the same store since this one did, or
/// since this store gave way to it: it runs on a copy of the file, and would lose its epoch to us and take ours in
/// turn.
engine::Registered register_worker(PostgresConnection& connection, const engine::Registration& registration,
                                   const WorkerIdentity& identity, OwnEpochs& own, TakeoverNews& news);

/// Ends every epoch whose lease has expired by Postgres' clock and frees its events, in the name of `by_epoch`; cheap
/// when there is none.
void free_expired_epochs(PostgresConnection& connection, std::int64_t by_epoch, TakeoverNews& news);

/// Frees the events of epochs without a row, whoever deleted that.
void free_events_of_nobody(PostgresConnection& connection, std::int64_t by_epoch, TakeoverNews& news);

}  // namespace pawl::storage
