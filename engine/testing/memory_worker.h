// One worker process without a process: a runner over an outbox in memory, on lanes without threads.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "engine/runtime/runner.h"
#include "engine/testing/inline_lanes.h"
#include "engine/testing/memory_outbox.h"

namespace pawl::testing {

/// Dies when destroyed, wherever it is. The rest outlives it.
struct MemoryWorker {
  MemoryWorker(MemoryOutboxTable& table, engine::Checkpoints& store, const engine::Clock& clock, engine::Observer& log,
               std::vector<engine::WorkflowDefinition> workflows, std::uint64_t seed, engine::RunnerOptions options)
      : lanes(seed), outbox(table), runner({outbox, store, clock, lanes, log}, std::move(workflows), options) {
    runner.open();
  }
  InlineLanes lanes;
  MemoryOutbox outbox;
  engine::Runner runner;
};

}  // namespace pawl::testing
