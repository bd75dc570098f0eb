// One registration of the worker: outbox, lanes and runner under one epoch, torn down together when the lease is lost.
#pragma once

#include <string>

#include "bin/settings/settings.h"
#include "bin/worker/workflows.h"
#include "engine/lanes/thread_lanes.h"
#include "engine/runtime/runner.h"
#include "storage/outbox/postgres_outbox.h"

namespace pawl::bin {

/// What outlives a registration.
struct WorkerWorld {
  const Settings& settings;
  const storage::PostgresAddress& address;
  storage::Epoch& epoch;  ///< Each registration sets it anew.
  engine::Checkpoints& checkpoints;
  const std::string& checkpoints_path;  ///< The file that they are in.
  Workflows& workflows;
  const engine::Clock& clock;
  engine::Observer& observer;
};

class WorkerSession {
 public:
  explicit WorkerSession(const WorkerWorld& world);

  engine::Runner& runner() { return runner_; }
  storage::PostgresOutbox& outbox() { return outbox_; }

 private:
  // In order of dependence: the runner goes first and stops the lanes, whose threads use the outbox.
  storage::PostgresOutbox outbox_;
  engine::ThreadLanes lanes_;
  engine::Runner runner_;
};

}  // namespace pawl::bin
