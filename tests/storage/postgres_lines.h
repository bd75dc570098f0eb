// The lines of migrations that tests of Postgres stand on.
#pragma once

#include "storage/migrations/migrations.h"

namespace pawl::tests {

/// Every line of this build for Postgres, each behind those that it stands on.
inline const storage::MigrationLines& postgres_lines() {
  static const storage::MigrationLines kLines{&storage::outbox_migrations(), &storage::mail_migrations(),
                                              &storage::depositlink_migrations(),
                                              &storage::notify_sync_failure_migrations()};
  return kLines;
}

}  // namespace pawl::tests
