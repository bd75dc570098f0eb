// What `show` prints of a run that only Postgres knows.
#pragma once

#include <string>
#include <vector>

#include "bin/operations/runs/fleet.h"
#include "bin/output/console.h"
#include "bin/output/table.h"
#include "storage/postgres/address.h"

namespace pawl::bin {

/// The runs as Postgres has them: their events, why they wait, who took them over, and what became of their mails and
/// notifications. Says on the error stream where that comes from.
void show_from_fleet(RunSources& sources, const std::vector<engine::RunName>& runs,
                     const storage::PostgresAddress& address, OutputFormat format, Console& console);

}  // namespace pawl::bin
