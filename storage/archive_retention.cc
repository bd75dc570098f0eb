// Calls pawl.prune, which knows in which order things may go.
#include "storage/archive_retention.h"

#include <utility>

#include "engine/errors.h"

namespace pawl::storage {

namespace {
const std::string kStep = "5000";  // rows of the ledger: some ten milliseconds, in which nothing is claimed
}

void ArchiveRetention::check_access(PostgresConnection& connection) {
  connection.run("prune the archive", "select pawl.prune('1 day', null, 1) where false", {});
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
  const Rows rows = connection.run("prune the archive",
                                   "select months, mails, commands, last from pawl.prune($1::bigint * interval '1 us', "
                                   "nullif($2, '')::uuid, $3::int)",
                                   {std::to_string(keep_.count()), behind_, kStep});
  behind_ = rows.string(0, 3);
  const std::lock_guard lock(mutex_);
  pruned_.months += rows.integer(0, 0);
  pruned_.mails += rows.integer(0, 1);
  pruned_.commands += rows.integer(0, 2);
  return rows.integer(0, 0) + rows.integer(0, 1) + rows.integer(0, 2) > 0;
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
