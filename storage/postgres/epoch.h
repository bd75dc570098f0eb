// The fencing token that every Postgres adapter of one worker writes under.
#pragma once

#include <atomic>
#include <cstdint>

namespace pawl::storage {

/// Set by PostgresOutbox::open, read by every adapter of the same worker from any thread; 0 before the first open.
using Epoch = std::atomic<std::int64_t>;

}  // namespace pawl::storage
