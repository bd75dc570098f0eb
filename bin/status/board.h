// The worker's state as its HTTP side sees it: written by the engine's thread, read by any.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "bin/status/checkpoint_disk.h"
#include "engine/authoring/clock.h"
#include "engine/runtime/runner.h"
#include "storage/outbox/chores/gauges.h"

namespace pawl::bin {

/// What the board says at one moment.
struct WorkerStatus {
  bool registered = false;  ///< The outbox has given this worker an epoch.
  bool draining = false;
  std::string starting_error;                     ///< Why it is not registered yet; empty: nothing failed so far.
  std::vector<std::string> application_problems;  ///< What keeps events from being made, or people from being told.
  engine::RunnerStatus runner;                    ///< Counters since the process began, over every registration.
  engine::Measures measures;                      ///< The same, as last published.
  storage::Gauges gauges;                         ///< Of Postgres, the same.
  std::optional<CheckpointDisk> disk;             ///< Filled in by whoever shows it.
  std::string checkpoints;                        ///< The path of the file; empty until it is known.
  engine::Timestamp turned_at{};                  ///< The engine's last turn, or attempt to start.
  std::vector<std::string> steps;
};

/// Safe to call from any thread.
class StatusBoard {
 public:
  StatusBoard(const engine::Clock& clock, std::vector<std::string> steps);

  /// The worker is trying to register, and why the last attempt failed. What was counted before stays counted,
  /// and what is only true of now is nothing.
  void starting(const std::string& error);
  void turned(const engine::RunnerStatus& status);
  /// What is counted for the metrics; longer than `turned`, so a few times a second.
  void measured(engine::Measures measures, storage::Gauges gauges);
  void checkpoints(const std::string& path);
  void draining();
  void application(std::vector<std::string> problems);

  WorkerStatus read() const;

 private:
  const engine::Clock& clock_;
  mutable std::mutex mutex_;
  WorkerStatus now_;
  engine::RunnerStatus before_;  ///< Counters of earlier registrations.
  engine::Measures measured_before_;
};

}  // namespace pawl::bin
