// The port to threads: blocking work goes out on a lane, its report comes back to the engine's thread.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "engine/authoring/clock.h"

namespace pawl::engine {

/// A queue served by its own threads.
struct LaneSpec {
  std::string name;
  std::size_t threads = 1;
};

using LaneId = std::size_t;

class Lanes {
 public:
  virtual ~Lanes() = default;

  /// Queues `work` for a thread of the lane, and afterwards `report` for the engine's thread. `work` must not throw.
  virtual void submit(LaneId lane, std::function<void()> work, std::function<void()> report) = 0;

  /// Runs the reports that have arrived; waits for the first one at most so long. Engine's thread only.
  virtual void poll(Duration at_most) = 0;

  /// Waits for the work that runs, drops the rest: afterwards no work runs and no report is delivered. Calls
  /// `interrupt` on this thread, again and again until the running work has ended, so that none slips through that had
  /// hardly begun. What `interrupt` throws passes through: work may run on then, and the process has to end.
  virtual void stop(const std::function<void()>& interrupt) = 0;
};

}  // namespace pawl::engine
