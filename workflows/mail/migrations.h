// The mail ledger's line of migrations.
#pragma once

#include "storage/migrations/migrations.h"

namespace pawl::mail {

const storage::MigrationLine& migrations();

}  // namespace pawl::mail
