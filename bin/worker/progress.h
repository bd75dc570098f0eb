// The live line of `worker --until-idle` on a terminal: done, waiting, failed, rate.
#pragma once

#include <ostream>
#include <string>

#include "engine/authoring/clock.h"
#include "engine/runtime/runner.h"

namespace pawl::bin {

/// Redraws one line in place, at most ten times a second. Engine's thread only; `out` outlives it.
class Progress {
 public:
  explicit Progress(std::ostream& out, engine::Timestamp started) : out_(out), started_(started) {}

  void show(const engine::RunnerStatus& status, engine::Timestamp now);
  /// Wipes the line.
  void finish();

 private:
  std::ostream& out_;
  const engine::Timestamp started_;
  engine::Timestamp drawn_{};
};

/// For example `1200 done  3 waiting  0 failed  2 moving  412/s`: the rate is over the whole time.
std::string progress_text(const engine::RunnerStatus& status, engine::Duration elapsed);

/// For example `200 done, 1 failed, 1.3 s`.
std::string summary_text(const engine::RunnerStatus& status, engine::Duration elapsed);

}  // namespace pawl::bin
