// What a worker says of a step that does not move, to whoever asks from elsewhere.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "engine/authoring/clock.h"

namespace pawl::engine {

struct StepReport {
  std::string step = {};                        ///< As in named_steps.
  std::vector<std::string> workflows = {};      ///< That have the step.
  std::string reason = {};                      ///< Why it is paused; empty: it is not.
  Timestamp paused_since{};                     ///< Where it is.
  std::optional<Timestamp> next_probe_at = {};  ///< None while a probe is out.
  std::size_t held = 0;                         ///< Runs that wait for it.
  std::size_t calls = 0;                        ///< Calls that are out.
  std::optional<Timestamp> oldest_call = {};    ///< When the oldest of them began; none unless that is long ago.

  bool operator==(const StepReport&) const = default;
};

}  // namespace pawl::engine
