// The signals that stop a worker: the first asks for a drain, the second ends the process at once.
#pragma once

#include "engine/authoring/clock.h"

namespace pawl::bin {

/// Takes SIGTERM, SIGINT and, of a worker that somebody started at a terminal, the SIGHUP of its end. The second signal
/// ends the process with 128 + its number: nothing is lost, since every effect is keyed and every finished step is on
/// disk. Ignores SIGPIPE, SIGUSR1, SIGUSR2 and any other SIGHUP: what rotates logs sends them, and there is no log file
/// to open anew.
void watch_stop_signals(bool at_terminal);

bool stop_requested();

/// Waits for the first stop signal, at most so long. Returns whether it has come.
bool wait_for_stop(engine::Duration at_most);

}  // namespace pawl::bin
