// The engine and nothing else: events through a Runner whose outbox, store, clock and lanes are in memory.
#pragma once

namespace pawl::bench {

/// Works off so many events of a workflow of the usual shape (one step, then one and a fan-out of two side by side) in
/// the calling thread. Throws when any of them does not end as done.
void run_engine_path(int events);

/// One event of a workflow that does one step for so many items.
void run_fan_out(int items);

}  // namespace pawl::bench
