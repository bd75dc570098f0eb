// The lines of migrations that tests of Postgres stand on.
#pragma once

#include "storage/migrations/migrations.h"
#include "workflows/depositlink/migrations.h"
#include "workflows/mail/migrations.h"
#include "workflows/notify_sync_failure/migrations.h"

namespace pawl::tests {

/// Every line for Postgres of what runs without being named, each behind those that it stands on.
inline const storage::MigrationLines& postgres_lines() {
  static const storage::MigrationLines kLines{&storage::outbox_migrations(), &mail::migrations(),
                                              &depositlink::migrations(), &notify_sync_failure::migrations()};
  return kLines;
}

}  // namespace pawl::tests
