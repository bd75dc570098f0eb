// The lines of migrations that tests of Postgres stand on.
#pragma once

#include <depositlink_migrations.h>
#include <mail_migrations.h>
#include <notify_sync_failure_migrations.h>

#include "storage/migrations/migrations.h"

namespace pawl::tests {

/// Every line for Postgres of what runs without being named, each behind those that it stands on.
inline const storage::MigrationLines& postgres_lines() {
  static const storage::MigrationLines kLines{&storage::outbox_migrations(), &storage::mail_migrations(),
                                              &storage::depositlink_migrations(),
                                              &storage::notify_sync_failure_migrations()};
  return kLines;
}

}  // namespace pawl::tests
