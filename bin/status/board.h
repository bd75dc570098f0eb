// The worker's state as its HTTP side sees it: written by the engine's thread, read by any.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "engine/authoring/clock.h"
#include "engine/runtime/runner.h"

namespace pawl::bin {

/// What the board says at one moment.
struct WorkerStatus {
  bool registered = false;  ///< The outbox has given this worker an epoch.
  bool draining = false;
  std::string starting_error;                     ///< Why it is not registered yet; empty: nothing failed so far.
  std::vector<std::string> application_problems;  ///< What keeps failed syncs from being told.
  engine::RunnerStatus runner;                    ///< Counters since the process began, over every registration.
  engine::Timestamp turned_at{};                  ///< The engine's last turn, or attempt to start.
  std::vector<std::string> steps;
};

/// Safe to call from any thread.
class StatusBoard {
 public:
  StatusBoard(const engine::Clock& clock, std::vector<std::string> steps);

  /// The worker is trying to register, and why the last attempt failed. What was counted before stays counted.
  void starting(const std::string& error);
  void turned(const engine::RunnerStatus& status);
  void draining();
  void application(std::vector<std::string> problems);

  WorkerStatus read() const;

 private:
  const engine::Clock& clock_;
  mutable std::mutex mutex_;
  WorkerStatus now_;
  engine::RunnerStatus before_;  ///< Counters of earlier registrations.
};

}  // namespace pawl::bin
