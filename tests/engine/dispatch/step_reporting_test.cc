// What a worker tells of steps that do not move, and how rarely.
#include "engine/dispatch/step_reporting.h"

#include <catch2/catch.hpp>

#include "tests/engine/world.h"

using namespace pawl::engine;
using namespace std::chrono_literals;

namespace {

constexpr LaneId kSendLane = 6;  // behind the four of the runner, find-words and show-words

struct StepReportingFixture : RunnerWorld {
  bool down = true;

  StepReportingFixture() {
    workflow.send.script = [this](auto& item) { down ? item.unavailable("the relay is away") : item.succeed("sent"); };
  }
  void pass(Duration time) {
    for (Duration passed{0}; passed < time; passed += 100ms) {
      clock.turn(100ms);
      turn(20);
    }
  }
};

}  // namespace

TEST_CASE_METHOD(StepReportingFixture, "a worker whose steps all move tells nothing of them") {
  down = false;
  emit();
  start();
  pass(1min);
  CHECK(archived(1));
  CHECK(table.step_reports_made == 0);
}

TEST_CASE_METHOD(StepReportingFixture,
                 "a paused step is told of with its reason, since when, the next probe and how many wait") {
  for (int i = 0; i < 3; ++i) emit();
  start();
  const Timestamp began = clock.now();
  REQUIRE(until([&] { return !table.step_reports.empty(); }));
  pass(10s);
  REQUIRE(table.step_reports.size() == 1);
  const StepReport& report = table.step_reports[0];
  CHECK(report.step == "send-words");
  CHECK(report.workflows == std::vector<std::string>{"say-words"});
  CHECK(report.reason == "the relay is away");
  CHECK(report.paused_since == began);
  CHECK(report.held == 3);
  REQUIRE(report.next_probe_at);
  CHECK(*report.next_probe_at > began);
  CHECK_FALSE(report.oldest_call);
  const CircuitStatus status = worker->runner.status().open_circuits.at(0);
  CHECK(status.since == began);
  CHECK(status.held == 3);
}

TEST_CASE_METHOD(StepReportingFixture,
                 "while a step stays paused it is told of every five seconds, and no more once it moves") {
  emit();
  start();
  REQUIRE(until([&] { return !table.step_reports.empty(); }));
  table.step_reports_made = 0;
  pass(60s);
  CHECK(table.step_reports_made >= 11);
  CHECK(table.step_reports_made <= 13);
  down = false;
  REQUIRE(until_over_time([&] { return archived(1); }, 120));
  turn(50);
  CHECK(table.step_reports.empty());
  table.step_reports_made = 0;
  pass(60s);
  CHECK(table.step_reports_made == 0);
}

TEST_CASE_METHOD(StepReportingFixture,
                 "a call that is out for long is told of with when it began, a short one is not") {
  emit();
  start();
  worker->lanes.stick(kSendLane);
  turn(50);
  const Timestamp began = clock.now();
  pass(4s);
  CHECK(table.step_reports_made == 0);
  pass(2s);
  REQUIRE(table.step_reports.size() == 1);
  CHECK(table.step_reports[0].reason.empty());
  CHECK(table.step_reports[0].calls == 1);
  CHECK(table.step_reports[0].oldest_call == began);
  down = false;
  worker->lanes.unstick(kSendLane);
  turn(50);
  CHECK(table.step_reports.empty());
}

TEST_CASE_METHOD(StepReportingFixture, "a report that fails is made again, and no more often than any other") {
  emit();
  start();
  REQUIRE(until([&] { return worker->runner.status().waiting == 1; }));
  table.step_reports.clear();
  table.step_reports_made = 0;
  table.outage = "Postgres is away";
  pass(20s);
  CHECK(table.step_reports_made <= 5);
  CHECK(table.step_reports.empty());
  table.outage.clear();
  pass(6s);
  CHECK(table.step_reports.size() == 1);
}
