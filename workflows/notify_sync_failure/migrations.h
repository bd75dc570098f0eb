// The line of migrations that emits the workflow's events.
#pragma once

#include "storage/migrations/migrations.h"

namespace pawl::notify_sync_failure {

const storage::MigrationLine& migrations();

}  // namespace pawl::notify_sync_failure
