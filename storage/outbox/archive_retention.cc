// Calls pawl.prune, which knows in which order things may go.
#include "storage/outbox/archive_retention.h"

#include <utility>

#include "engine/authoring/errors.h"

namespace pawl::storage {

namespace {
const std::string kStep =
    "1000";  // rows of each; nothing is claimed meanwhile: 20 ms where half of them go, 5 where none does
}

void ArchiveRetention::check_access(PostgresConnection& connection) {
  connection.run("prune the archive", "select pawl.prune('1 day', 1) where false", {});
}

// While it finds something, there is more behind it.
void ArchiveRetention::turn(PostgresConnection& connection, Time now) {
  if (keep_.count() == 0 || now < due_at_) return;
  std::string problem;
  bool removed = false;
  try {
    removed = step(connection);
  } catch (const engine::Error& error) {  // a chore; claiming goes on
    problem = error.what();
  }
  due_at_ = removed ? now : now + every_;
  const std::lock_guard lock(mutex_);
  problem_ = std::move(problem);
}

bool ArchiveRetention::step(PostgresConnection& connection) {
  const Rows rows =
      connection.run("prune the archive",
                     "select name, removed from pawl.prune($1::bigint * interval '1 us', $2::int) where removed > 0",
                     {std::to_string(keep_.count()), kStep});
  const std::lock_guard lock(mutex_);
  for (std::size_t row = 0; row < rows.size(); ++row) pruned_[rows.string(row, 0)] += rows.integer(row, 1);
  return rows.size() > 0;
}

Pruned ArchiveRetention::take_pruned() {
  const std::lock_guard lock(mutex_);
  return std::exchange(pruned_, {});
}

std::string ArchiveRetention::problem() const {
  const std::lock_guard lock(mutex_);
  return problem_;
}

}  // namespace pawl::storage
