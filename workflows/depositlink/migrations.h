// The line of migrations that reads and watches the application's tables.
#pragma once

#include "storage/migrations/migrations.h"

namespace pawl::depositlink {

const storage::MigrationLine& migrations();

}  // namespace pawl::depositlink
