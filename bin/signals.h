// SIGTERM and SIGINT: the first asks for a drain, the second ends the process at once.
#pragma once

#include "engine/clock.h"

namespace pawl::bin {

/// Takes the two signals and ignores SIGPIPE. The second signal ends the process with 128 + its number: nothing is
/// lost, since every effect is keyed and every finished step is on disk.
void watch_stop_signals();

bool stop_requested();

/// Waits for the first stop signal, at most so long. Returns whether it has come.
bool wait_for_stop(engine::Duration at_most);

}  // namespace pawl::bin
