// Asks for next month's partition first: nearly always it is there.
#include "storage/archive_care.h"

#include "engine/crash_point.h"
#include "engine/errors.h"

namespace pawl::storage {

void ArchiveCare::create_coming_partitions(PostgresConnection& connection) {
  connection.run("create the archive's partitions",
                 "select pawl.maintain_archive() where to_regclass('pawl.outbox_archive_' ||"
                 " to_char(now() at time zone 'UTC' + interval '1 month', 'YYYY_MM')) is null",
                 {});
}

void ArchiveCare::turn(PostgresConnection& connection, Time now) {
  if (now < due_at_) return;
  due_at_ = now + every_;
  engine::crash_point(engine::CrashPoint::kBeforePartitioned);
  try {
    create_coming_partitions(connection);
  } catch (const engine::Error&) {  // a chore; claiming goes on
  }
  engine::crash_point(engine::CrashPoint::kAfterPartitioned);
}

}  // namespace pawl::storage
