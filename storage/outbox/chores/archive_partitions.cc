// Asks for next month's partition first: nearly always it is there.
#include "storage/outbox/chores/archive_partitions.h"

#include <algorithm>

#include "engine/authoring/errors.h"
#include "engine/faults/crash_point.h"

namespace pawl::storage {

namespace {

constexpr std::chrono::minutes kSoon{1};

void create_if(PostgresConnection& connection, const std::string& condition) {
  connection.run("create the archive's partitions", "select pawl.maintain_archive() where " + condition, {});
}

}  // namespace

void ArchivePartitions::check_access(PostgresConnection& connection) { create_if(connection, "false"); }

void ArchivePartitions::turn(PostgresConnection& connection, Time now) {
  if (now < due_at_) return;
  due_at_ = now + every_;
  engine::crash_point(engine::CrashPoint::kBeforePartitioned);
  try {
    create_if(connection,
              "to_regclass('pawl.outbox_archive_' ||"
              " to_char(now() at time zone 'UTC' + interval '1 month', 'YYYY_MM')) is null");
    note("");
  } catch (const engine::Error& error) {  // a chore; claiming goes on
    note(error.what());
    due_at_ = now + std::min<std::chrono::microseconds>(every_, kSoon);
  }
  engine::crash_point(engine::CrashPoint::kAfterPartitioned);
}

std::string ArchivePartitions::problem() const {
  const std::lock_guard lock(mutex_);
  return problem_;
}

void ArchivePartitions::note(const std::string& problem) {
  const std::lock_guard lock(mutex_);
  problem_ = problem;
}

}  // namespace pawl::storage
