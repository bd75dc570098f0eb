// Calls pawl.prune, which knows in which order things may go.
#include "storage/outbox/chores/archive_retention.h"

#include <utility>

#include "engine/authoring/errors.h"

namespace pawl::storage {

namespace {
const std::string kStep =
    "1000";  // rows of each; nothing is claimed meanwhile: 20 ms where half of them go, 5 where none does
}

void ArchiveRetention::check_access(PostgresConnection& connection) {
  connection.run("prune the archive", "select pawl.prune('1000 years', 0)", {});
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

std::vector<Prunable> prunable(const PostgresAddress& address, std::chrono::microseconds keep) {
  PostgresConnection connection(address);
  const Rows rows =
      connection.run("count what is older", "select name, old, bytes from pawl.prunable($1::bigint * interval '1 us')",
                     {std::to_string(keep.count())});
  std::vector<Prunable> all;
  for (std::size_t row = 0; row < rows.size(); ++row)
    all.push_back({rows.string(row, 0), rows.integer(row, 1),
                   rows.null(row, 2) ? std::nullopt : std::optional(rows.integer(row, 2))});
  return all;
}

// A step may begin in the middle, where the worker's last one ended: each table is over once its end has come twice.
Pruned prune_all(const PostgresAddress& address, std::chrono::microseconds keep) {
  PostgresConnection connection(address);
  Pruned pruned;
  std::map<std::string, int> ends;
  for (bool over = false; !over;) {
    const Rows rows = connection.run("prune what is older",
                                     "select name, removed, through from pawl.prune($1::bigint * interval '1 us',"
                                     " $2::int)",
                                     {std::to_string(keep.count()), kStep});
    over = true;
    for (std::size_t row = 0; row < rows.size(); ++row) {
      pruned[rows.string(row, 0)] += rows.integer(row, 1);
      int& came = ends[rows.string(row, 0)];
      came += rows.boolean(row, 2);
      over = over && came >= 2;
    }
  }
  return pruned;
}

engine::Timestamp postgres_time(const PostgresAddress& address) {
  PostgresConnection connection(address);
  const Rows rows =
      connection.run("ask for the time", "select (extract(epoch from clock_timestamp()) * 1000000)::bigint", {});
  return engine::Timestamp(engine::Duration(rows.integer(0, 0)));
}

std::string ArchiveRetention::problem() const {
  const std::lock_guard lock(mutex_);
  return problem_;
}

}  // namespace pawl::storage
