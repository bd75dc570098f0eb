// One worker process without a process: a runner over an outbox in memory, on lanes without threads.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "engine/runtime/runner.h"
#include "engine/testing/inline_lanes.h"
#include "engine/testing/memory_outbox.h"

namespace pawl::engine {

/// Dies when destroyed, wherever it is. The rest outlives it.
struct MemoryWorker {
  MemoryWorker(MemoryOutboxTable& table, Checkpoints& store, const Clock& clock, Observer& log,
               std::vector<WorkflowDefinition> workflows, std::uint64_t seed, RunnerOptions options)
      : lanes(seed), outbox(table), runner({outbox, store, clock, lanes, log}, std::move(workflows), options) {
    runner.open();
  }
  InlineLanes lanes;
  MemoryOutbox outbox;
  Runner runner;
};

}  // namespace pawl::engine
