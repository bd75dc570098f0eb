// Tells the outbox of steps that do not move, so that any host can see them; nothing while all move.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "engine/authoring/workflow.h"
#include "engine/dispatch/step_queues.h"
#include "engine/ports/lanes.h"
#include "engine/ports/outbox.h"

namespace pawl::engine {

/// Engine's thread only. A step is told of while it is paused, or while a call of it is out for longer than kLongCall:
/// at once when that begins or ends, and every kEvery meanwhile. A report that fails is made again at the next time.
class StepReporting {
 public:
  static constexpr Duration kLongCall = std::chrono::seconds{5};
  static constexpr Duration kEvery = std::chrono::seconds{5};

  /// What it needs, all of which outlives it.
  struct Uses {
    const StepQueues& queues;
    Outbox& outbox;
    Lanes& lanes;
    LaneId lane;
    const std::vector<WorkflowDefinition>& workflows;
    std::function<std::size_t(const StepBase&)> held;  ///< How many runs wait for a step.
  };

  explicit StepReporting(Uses uses);

  void turn(Timestamp now);
  /// As of now: the paused ones with what they wait for, and those with long calls.
  std::vector<StepReport> reports(Timestamp now) const;

 private:
  using Subjects = std::vector<std::pair<std::string, std::string>>;  ///< Step, and why it is told of.
  static Subjects subjects(const std::vector<StepReport>& reports);

  Uses use_;
  std::map<const StepBase*, std::vector<std::string>> workflows_;
  bool busy_ = false;
  bool failed_ = false;  ///< The last report did not arrive, as far as is known.
  Subjects reported_;
  Timestamp next_at_{};
};

}  // namespace pawl::engine
