// The full ids that Postgres is asked by, of what somebody has typed.
#pragma once

#include "bin/operations/runs/run_ids.h"
#include "bin/settings/settings.h"

namespace pawl::bin {

/// Beginnings and ends of ids need the checkpoints; full ids do not, so that any host can ask. Throws NotFoundError.
GivenRuns full_id(const GivenRuns& given, const Settings& settings);

}  // namespace pawl::bin
