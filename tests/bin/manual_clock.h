// A clock that a test turns by hand.
#pragma once

#include "engine/authoring/clock.h"

namespace pawl::bin {

struct ManualClock final : engine::Clock {
  engine::Timestamp time{std::chrono::hours{1}};
  engine::Timestamp now() const override { return time; }
};

}  // namespace pawl::bin
