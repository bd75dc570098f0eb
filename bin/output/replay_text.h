// What a replay found, for a reader or a program.
#pragma once

#include <ostream>
#include <vector>

#include "bin/output/table.h"
#include "engine/runs/replay.h"

namespace pawl::bin {

struct Replayed {
  engine::StoredRun run;
  engine::ReplayReport report;
};

/// `ids` prints the runs whose code no longer matches.
void print_replays(std::ostream& out, const std::vector<Replayed>& replayed, OutputFormat format);

}  // namespace pawl::bin
