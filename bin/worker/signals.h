// The signals that a worker heeds: those that stop it, and the one that asks it to read files anew.
#pragma once

#include "engine/authoring/clock.h"

namespace pawl::bin {

/// Takes SIGTERM, SIGINT and, of a worker that somebody started at a terminal, the SIGHUP of that terminal's end: the
/// first asks for a drain, the second ends the process with 128 + its number. Nothing is lost then, since every effect
/// is keyed and every finished step is on disk. Any other SIGHUP asks for a reload. Ignores SIGPIPE, SIGUSR1 and
/// SIGUSR2.
void watch_signals(bool at_terminal);

/// Whether a reload was asked for since the last call that said so.
bool take_reload_request();

bool stop_requested();

/// The first stop signal's number; 0: none has come.
int stop_signal();

/// Waits for the first stop signal, at most so long. Returns whether it has come.
bool wait_for_stop(engine::Duration at_most);

}  // namespace pawl::bin
