// Wires one registration.
#include "bin/worker/session.h"

#include <utility>

#include "bin/settings/version.h"
#include "storage/sqlite/place.h"
#include "workflows/redaction/redacted_json.h"

namespace pawl::bin {

namespace {

storage::PostgresOutboxOptions outbox_options(const WorkerWorld& world) {
  const Settings& settings = world.settings;
  std::vector<std::string> workflows;
  for (const engine::WorkflowDefinition& workflow : world.workflows.definitions()) workflows.push_back(workflow.name);
  return {.address = world.address,
          .version = kVersion,
          .path = storage::real_path(world.checkpoints_path),
          .workflows = std::move(workflows),
          .lease = settings.lease,
          .listen = settings.doorbell,
          .retention = settings.archive_retention};
}

engine::RunnerOptions runner_options(const Settings& settings) {
  engine::RunnerOptions options;
  options.moving_max = settings.moving_max;
  options.deliveries_max = settings.deliveries_max;
  options.hang_after = settings.hang_after;
  options.lease = settings.lease;
  options.retention = settings.retention;
  options.redact_payload = [](const std::string& payload) { return redaction::redacted_json(payload); };
  return options;
}

}  // namespace

WorkerSession::WorkerSession(const WorkerWorld& world)
    : outbox_(outbox_options(world), world.epoch),
      lanes_(engine::lane_specs(world.workflows.definitions())),
      runner_({outbox_, world.checkpoints, world.clock, lanes_, world.observer}, world.workflows.definitions(),
              runner_options(world.settings)) {}

}  // namespace pawl::bin
