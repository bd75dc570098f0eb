// The order of the lines for Postgres: each stands on those before it.
#include "storage/migrations/migrations.h"

namespace pawl::storage {

const MigrationLines& postgres_lines() {
  static const MigrationLines kLines{&outbox_migrations(), &mail_migrations(), &depositlink_migrations(),
                                     &notify_sync_failure_migrations()};
  return kLines;
}

}  // namespace pawl::storage
