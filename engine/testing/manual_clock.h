// A clock that tests turn by hand.
#pragma once

#include <atomic>

#include "engine/authoring/clock.h"

namespace pawl::testing {

/// Starts at a fixed moment in 2026; safe to read from any thread.
class ManualClock final : public engine::Clock {
 public:
  engine::Timestamp now() const override { return engine::Timestamp(engine::Duration(ticks_.load())); }
  void turn(engine::Duration by) { ticks_ += by.count(); }

 private:
  std::atomic<engine::Duration::rep> ticks_{
      engine::Timestamp(std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}).time_since_epoch().count()};
};

}  // namespace pawl::testing
