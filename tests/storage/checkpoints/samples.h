// Checkpoint records with everything but what a test is about filled in.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "engine/ports/checkpoints.h"

namespace pawl::storage {

inline const engine::StepKey kResolve{"resolve", ""};
inline const engine::StepKey kSendAnna{"send", "anna"};
inline const engine::StepKey kSendBert{"send", "bert"};

/// Microseconds after a fixed instant in 2026.
inline engine::Timestamp at(std::int64_t microseconds) {
  return engine::Timestamp(engine::Duration(1'790'000'000'000'000 + microseconds));
}

/// Run 7 is run of event `event-7`.
inline std::string event_id(engine::RunNumber run) { return "event-" + std::to_string(run); }

inline engine::RunStarted started(engine::RunNumber run) {
  engine::Event event{.position = run * 10,
                      .id = event_id(run),
                      .type = "test/event",
                      .aggregate_type = "connection",
                      .aggregate_id = "connection-" + std::to_string(run % 3),
                      .tenant = run % 2 == 0 ? "" : "tenant-" + std::to_string(run % 3),
                      .payload = R"({"text":"\u0000 and 'quotes'"})",
                      .created_at = at(run),
                      .deliveries = 1,
                      .workflow = "test-workflow"};
  return {.run = run, .event = std::move(event), .at = at(run + 1)};
}

inline engine::StepSettled settled(engine::RunNumber run, engine::StepKey step, std::string result = "1") {
  return {
      .run = run, .step = std::move(step), .result = std::move(result), .started_at = at(100), .settled_at = at(200)};
}

inline engine::StepSettled failed_step(engine::RunNumber run, engine::StepKey step, std::string reason) {
  engine::StepSettled failed = settled(run, std::move(step), std::move(reason));
  failed.failed = true;
  return failed;
}

inline engine::AttemptFailed attempt(engine::RunNumber run, engine::StepKey step, int number, std::string error,
                                     int uncharged = 0) {
  return {.run = run,
          .step = std::move(step),
          .attempt = number,
          .error = std::move(error),
          .first_started_at = at(100),
          .failed_at = at(100 + number * 1000),
          .retry_at = at(600 + number * 1000),
          .uncharged = uncharged};
}

inline engine::RunEnded ended(engine::RunNumber run, engine::RunStatus status, std::string reason = "") {
  return {.run = run, .status = status, .reason = std::move(reason), .at = at(1'000'000 + run)};
}

inline engine::RunCancelled cancelled(engine::RunNumber run, std::string by, std::string note = "") {
  return {.run = run, .cancellation = {std::move(by), std::move(note), at(1)}, .at = at(500'000 + run)};
}

inline void commit(engine::Checkpoints& store, const std::vector<engine::Checkpoint>& group) { store.commit(group); }

/// Throws if there is no such run.
inline engine::StoredRun load(engine::Checkpoints& store, engine::RunNumber run) {
  return store.load(std::vector{run}).at(0);
}

}  // namespace pawl::storage
