// A world to test workflows in: everything but their own code in memory, one thread, and time that the test lets pass.
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/authoring/event.h"
#include "engine/authoring/workflow.h"
#include "engine/ports/checkpoints.h"
#include "engine/testing/manual_clock.h"
#include "engine/testing/memory_outbox.h"

namespace pawl::testing {

/// A run as it stands.
struct RunView {
  engine::RunStatus status = engine::RunStatus::kRunning;
  std::string reason;                      ///< Why it failed, or what a `done` has to say.
  std::vector<engine::StepSettled> steps;  ///< That have settled, in that order.

  /// Null while the step, or the item of that key, has not settled.
  const engine::StepSettled* step(const std::string& name, const std::string& key = {}) const;
};

/// The real engine, with doubles of all that it stands on. The same each time: retries have the same jitter.
class World {
 public:
  /// What the definitions point to outlives the world.
  explicit World(std::vector<engine::WorkflowDefinition> workflows);
  ~World();

  /// As `pawl emit` does; returns the event's id, which is that of its run in the first workflow of its type, in the
  /// order that the world was given. Nothing happens before time passes.
  std::string emit(const std::string& type, const nlohmann::json& payload, const EventDetails& details = {});
  /// The id of an event's run in this workflow. Throws std::out_of_range where it has none.
  std::string run_id(const std::string& event_id, const std::string& workflow) const;

  /// Lets so much time pass, and the worker work.
  void pass(engine::Duration time);

  /// Lets time pass until every run has ended; false where one has not within so much.
  bool finish(engine::Duration at_most = std::chrono::days{7});

  /// The worker dies, wherever it is, and another begins with its checkpoints.
  void crash();
  /// The worker's host is gone with its checkpoints: another worker does all of it again that has not ended, so that
  /// every effect meets its key.
  void lose_host();

  /// As `pawl resume` does: false where there is no such failed run, or it may go on nowhere.
  bool resume(const std::string& run_id);

  /// As `pawl cancel` and `pawl retry-now` do: false where there is no such unfinished run.
  bool cancel(const std::string& run_id, const std::string& note = {});
  bool retry_now(const std::string& run_id);

  /// As `pawl rerun` does: returns the id of the new run; empty where there is no such run that has ended.
  std::string rerun(const std::string& run_id, const std::string& from_step = {}, bool resend = false);

  /// Throws std::out_of_range where no worker has begun it.
  RunView run(const std::string& run_id);

  const engine::Clock& clock() const { return clock_; }

 private:
  struct Host;

  void work();
  void turn_while(const std::function<bool()>& condition, engine::Duration at_most);

  const std::vector<engine::WorkflowDefinition> workflows_;
  ManualClock clock_;
  MemoryOutboxTable outbox_;
  int hosts_ = 0;
  std::unique_ptr<Host> host_;
};

}  // namespace pawl::testing
