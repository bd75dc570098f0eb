// Keeps counters rising over new registrations.
#include "bin/status/board.h"

#include <utility>

namespace pawl::bin {

StatusBoard::StatusBoard(const engine::Clock& clock, std::vector<std::string> steps) : clock_(clock) {
  now_.steps = std::move(steps);
  now_.turned_at = clock_.now();
}

void StatusBoard::starting(const std::string& error) {
  const std::lock_guard lock(mutex_);
  before_ = now_.runner;
  measured_before_ = now_.measures;
  now_.runner.moving = now_.runner.waiting = 0;
  now_.runner.open_circuits.clear();
  now_.measures.misfits = 0;
  for (auto& step : now_.measures.steps) step.held = 0;
  now_.registered = false;
  now_.starting_error = error;
  now_.turned_at = clock_.now();
}

void StatusBoard::turned(const engine::RunnerStatus& status) {
  const std::lock_guard lock(mutex_);
  now_.registered = true;
  now_.starting_error.clear();
  now_.turned_at = clock_.now();
  now_.runner = status;
  now_.runner.claimed += before_.claimed;
  now_.runner.done += before_.done;
  now_.runner.done_with_note += before_.done_with_note;
  now_.runner.failed += before_.failed;
  now_.runner.cancelled += before_.cancelled;
  now_.runner.attempts_failed += before_.attempts_failed;
  now_.runner.checkpoint_groups += before_.checkpoint_groups;
}

void StatusBoard::measured(engine::Measures measures, storage::Gauges gauges) {
  const std::lock_guard lock(mutex_);
  measures.add(measured_before_);
  now_.measures = std::move(measures);
  now_.gauges = std::move(gauges);
}

void StatusBoard::checkpoints(const std::string& path) {
  const std::lock_guard lock(mutex_);
  now_.checkpoints = path;
}

void StatusBoard::draining() {
  const std::lock_guard lock(mutex_);
  now_.draining = true;
}

void StatusBoard::application(std::vector<std::string> problems) {
  const std::lock_guard lock(mutex_);
  now_.application_problems = std::move(problems);
}

WorkerStatus StatusBoard::read() const {
  const std::lock_guard lock(mutex_);
  return now_;
}

}  // namespace pawl::bin
