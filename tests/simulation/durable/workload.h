// Workflows of random shape, and what each of their effects is fated to do.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/authoring/step.h"
#include "tests/simulation/world/options.h"

namespace pawl::simulation {

enum class StepKind { kRead, kPost, kMail };

struct StepPlan {
  std::string name;
  StepKind kind = StepKind::kRead;
  engine::StepOptions options{};
};

/// Executions that are started together: one without a key, or one for each key.
struct GroupPlan {
  std::size_t step = 0;
  std::vector<std::string> keys;
};

/// Groups that run side by side and are awaited together.
struct StagePlan {
  std::vector<GroupPlan> groups;
  bool tolerant = false;  ///< The workflow catches the failure of a step here and goes on.
};

struct WorkflowPlan {
  std::string name;
  std::string event_type;
  std::vector<StepPlan> steps;
  std::vector<StagePlan> stages;
};

/// Drawn from the seed alone, so that every process, restarted or not, has the same code.
class Workload {
 public:
  explicit Workload(const Options& options);

  const std::vector<WorkflowPlan>& workflows() const { return workflows_; }
  const WorkflowPlan& of_event(const std::string& id) const;
  /// What an event or an effect is by nature: the same in every attempt, on every host.
  bool fated(Fault fault, const std::string& name) const;
  /// The event is a poison, whichever of its effects it shows in.
  bool crashes(const std::string& event) const { return fated(Fault::kPoisonCrashes, event); }
  bool hangs(const std::string& event) const { return fated(Fault::kPoisonHangs, event); }
  /// The step in which a poison event does its harm.
  const std::string& poisoned_step(const std::string& event) const;

 private:
  double fraction_of(const std::string& name, std::uint64_t salt) const;

  const Options& options_;
  std::vector<WorkflowPlan> workflows_;
};

}  // namespace pawl::simulation
