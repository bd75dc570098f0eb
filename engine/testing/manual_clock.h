// A clock that tests turn by hand.
#pragma once

#include <atomic>

#include "engine/authoring/clock.h"

namespace pawl::engine {

/// Starts at a fixed moment in 2026; safe to read from any thread.
class ManualClock final : public Clock {
 public:
  Timestamp now() const override { return Timestamp(Duration(ticks_.load())); }
  void turn(Duration by) { ticks_ += by.count(); }

 private:
  std::atomic<Duration::rep> ticks_{
      Timestamp(std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}).time_since_epoch().count()};
};

}  // namespace pawl::engine
