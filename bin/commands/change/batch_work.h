// Working on a batch, or watching others do it, until it ends.
#pragma once

#include <cstdint>

#include "bin/output/console.h"
#include "bin/settings/exit_code.h"
#include "bin/settings/settings.h"

namespace pawl::bin {

/// Works on the batch from this process, since no worker lives, until it is through or somebody pauses or aborts it,
/// and prints what became of its runs. A stop signal leaves it as it is and says how to go on.
ExitCode work_on(std::int64_t batch, const Settings& settings, Console& console);

/// Prints how far the batch is until it ends, then what became of its runs: one line that is redrawn on a terminal,
/// else a line whenever something has changed. kFailed where it was aborted. After a stop signal it says that the batch
/// goes on, and returns 128 plus the signal's number, as a shell does.
ExitCode watch_batch(std::int64_t batch, const Settings& settings, Console& console);

}  // namespace pawl::bin
