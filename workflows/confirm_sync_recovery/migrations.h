// The line of migrations that knows outages and emits the workflow's events.
#pragma once

#include "storage/migrations/migrations.h"

namespace pawl::confirm_sync_recovery {

const storage::MigrationLine& migrations();

}  // namespace pawl::confirm_sync_recovery
