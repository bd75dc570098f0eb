// How many events came and how many runs ended, as Postgres counts rows anyway.
#pragma once

#include <cstdint>

#include "storage/postgres/connection.h"

namespace pawl::storage {

/// Rows inserted since the server's statistics began, those of transactions that were undone included; a second old at
/// most. Of use as differences.
struct Throughput {
  std::int64_t emitted = 0;   ///< Runs of events, and runs that were resumed.
  std::int64_t finished = 0;  ///< Runs that ended.
};

Throughput read_throughput(PostgresConnection& connection);

}  // namespace pawl::storage
