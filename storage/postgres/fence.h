// The one place that makes a write conditional on the worker's epoch.
#pragma once

#include <cstdint>
#include <string>

namespace pawl::storage {

/// What a statement's fence has beside the epoch.
struct FenceOptions {
  std::string parameter = "$1";  ///< Which parameter is the epoch.
  std::string columns = "";      ///< Further columns of `mine`, each after a comma.
  std::string condition = "";    ///< A further condition, after `and`.
};

/// A common table expression `mine`: one row with the epoch while that is alive, none once it is over. Whatever the
/// statement writes has to come from it. The row is locked until the commit, so that whoever ends the epoch, and frees
/// its events, waits for the write, and a write that comes later finds no row. Locking needs the privilege to update
/// some column of pawl.workers.
std::string fence(const FenceOptions& options = {});

/// The last thing such a statement answers, as an expression: whether there was a row. For require_lease().
inline constexpr const char* kLeaseHeld = "exists (select from mine)";

/// Throws engine::LeaseLostError, which says that the epoch is over, unless the lease was held. Nothing was written
/// then.
void require_lease(bool held, const std::string& operation, std::int64_t epoch);

}  // namespace pawl::storage
