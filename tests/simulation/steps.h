// The steps of a simulated process: they read, post and mail, and fail in every way that a step can.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/authoring/step.h"
#include "engine/authoring/workflow.h"
#include "tests/simulation/durable/oracle.h"
#include "tests/simulation/world/timed_lanes.h"

namespace pawl::simulation {

/// Everything outside the processes, shared by all.
struct Outside {
  explicit Outside(World& world)
      : world(world),
        workload(world.options),
        postgres(world),
        ledger(world, postgres),
        oracle(world, workload, postgres, ledger, relay) {}

  World& world;
  Workload workload;
  Postgres postgres;
  Ledger ledger;
  Relay relay;
  Oracle oracle;
  std::map<std::string, Timestamp> down_until;     ///< By step: the service behind it cannot be reached.
  std::map<std::string, Timestamp> refuses_until;  ///< By step: it lacks a privilege.
};

/// Where a step runs.
struct Site {
  std::string process;
  Outside& outside;
  Store* store = nullptr;
  TimedLanes* lanes = nullptr;
  std::function<std::int64_t()> epoch;
  std::function<void()> interlude;  ///< Stops this process for a while; all others go on.
  bool clock_stood_still = false;   ///< It cannot know how old its lease is.
};

struct Ask {
  std::string event;
  std::string key;
};

/// What a step answers: the same in every attempt, so that a workflow can tell whether it got its own.
std::string answer_to(const std::string& step, const Ask& ask);

/// A process's code: its steps, and the workflows over them.
class Code {
 public:
  explicit Code(Site& site);
  std::vector<engine::WorkflowDefinition> definitions();

 private:
  struct Compiled;
  Site& site_;
  std::vector<std::shared_ptr<Compiled>> workflows_;
};

}  // namespace pawl::simulation
