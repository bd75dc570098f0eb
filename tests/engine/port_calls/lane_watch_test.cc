// Which calls are known to be out, also where remembering or submitting one fails.
#include "engine/port_calls/lane_watch.h"

#include <catch2/catch.hpp>
#include <new>

#include "engine/testing/inline_lanes.h"
#include "engine/testing/manual_clock.h"

using namespace pawl::engine;
using pawl::testing::InlineLanes;
using pawl::testing::ManualClock;
using namespace std::chrono_literals;

namespace {

struct RefusingLanes final : Lanes {
  void submit(LaneId, std::function<void()>, std::function<void()>) override { throw std::bad_alloc(); }
  void poll(Duration) override {}
  void stop(const std::function<void()>&) override {}
};

/// The report is there before submitting has returned.
struct HastyLanes final : Lanes {
  void submit(LaneId, std::function<void()> work, std::function<void()> report) override {
    work();
    report();
  }
  void poll(Duration) override {}
  void stop(const std::function<void()>&) override {}
};

/// A clock without which nothing can be remembered.
struct FailingClock final : Clock {
  Timestamp now() const override { throw std::bad_alloc(); }
};

}  // namespace

TEST_CASE("a call is out from when it is submitted until its report has arrived, the oldest first") {
  ManualClock clock;
  InlineLanes lanes;
  LaneWatch watch(lanes, clock);
  const Timestamp first = clock.now();
  watch.submit(
      0, [] {}, [&] { CHECK_FALSE(watch.oldest(0) == first); });
  clock.turn(1s);
  watch.submit(
      0, [] {}, [] {});
  CHECK(watch.oldest(0) == first);
  CHECK_FALSE(watch.oldest(1));
  watch.poll({});
  CHECK(watch.oldest(0) == first + 1s);
  watch.poll({});
  CHECK_FALSE(watch.oldest(0));
}

TEST_CASE("a call that cannot be submitted is not out, and one that cannot be remembered is not submitted") {
  ManualClock clock;
  RefusingLanes refusing;
  LaneWatch watch(refusing, clock);
  CHECK_THROWS_AS(watch.submit(
                      0, [] {}, [] {}),
                  std::bad_alloc);
  CHECK_FALSE(watch.oldest(0));
  InlineLanes lanes;
  const FailingClock failing;
  LaneWatch forgetful(lanes, failing);
  bool ran = false;
  CHECK_THROWS_AS(forgetful.submit(
                      0, [&] { ran = true; }, [] {}),
                  std::bad_alloc);
  lanes.poll({});
  CHECK_FALSE(ran);
}

TEST_CASE("a call is remembered before it is submitted, so that its report finds it") {
  ManualClock clock;
  HastyLanes lanes;
  LaneWatch watch(lanes, clock);
  bool reported = false;
  watch.submit(
      0, [] {}, [&] { reported = true; });
  CHECK(reported);
  CHECK_FALSE(watch.oldest(0));
}
