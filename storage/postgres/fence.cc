// The fence's SQL, and what is said when it is closed.
#include "storage/postgres/fence.h"

#include "engine/authoring/errors.h"

namespace pawl::storage {

std::string fence(const FenceOptions& options) {
  return "mine as materialized (select epoch" + options.columns +
         " from pawl.workers where epoch = " + options.parameter + "::bigint" + options.condition + " for key share)";
}

void require_lease(bool held, const std::string& operation, std::int64_t epoch) {
  if (held) return;
  throw engine::LeaseLostError("outbox, " + operation + ": epoch " + std::to_string(epoch) +
                               " is over, its events are free for other workers; open a new epoch");
}

}  // namespace pawl::storage
