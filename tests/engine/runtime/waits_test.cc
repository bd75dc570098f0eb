// What a run that waits may not wait for: a sibling, a clock that was wrong, another step's outage.
#include <catch2/catch.hpp>

#include "engine/authoring/errors.h"
#include "tests/engine/world.h"

using namespace pawl::engine;
using namespace std::chrono_literals;

namespace {

constexpr LaneId kShowLane = 5, kSendLane = 6;  // behind the four of the runner and find-words

struct Waits : RunnerWorld {
  int executed(const ScriptedStep& step, const std::string& name) const {
    const auto found = step.executions.find(name);
    return found == step.executions.end() ? 0 : found->second;
  }
};

}  // namespace

TEST_CASE_METHOD(Waits, "P6: a step whose outage is over goes on though a sibling backs off for long") {
  const std::string id = emit();
  bool down = true;
  workflow.show.script = [&](auto& item) { down ? item.unavailable("Postgres is away") : item.succeed("shown"); };
  workflow.send.script = [](auto& item) { item.retry("451 greylisted", 6h); };
  start();
  REQUIRE(until([&] { return worker->runner.status().waiting == 1; }));
  down = false;
  CHECK(until_over_time([&] { return executed(workflow.show, id + "/did " + id) > 1; }, 120));
}

TEST_CASE_METHOD(Waits, "P6: an outage of one step holds no execution of another") {
  const std::string id = emit();
  bool show_down = true;
  workflow.show.script = [&](auto& item) { show_down ? item.unavailable("Postgres is away") : item.succeed("shown"); };
  workflow.send.script = [](auto& item) { item.unavailable("the relay is away"); };
  start();
  REQUIRE(until([&] { return worker->runner.status().waiting == 1; }));
  show_down = false;
  int shown = executed(workflow.show, id + "/did " + id);
  CHECK(until_over_time([&] { return executed(workflow.show, id + "/did " + id) == shown + 1; }, 300));
}

TEST_CASE_METHOD(Waits, "P6: a retry is not kept waiting by a sibling whose call is stuck") {
  const std::string id = emit();
  start();
  worker->lanes.stick(kSendLane);
  workflow.show.script = [](auto& item) { item.attempt() < 3 ? item.retry("deadlock") : item.succeed("shown"); };
  CHECK(until_over_time([&] { return executed(workflow.show, id + "/did " + id) == 3; }, 60));
  CHECK(worker->runner.status().moving == 1);
}

TEST_CASE_METHOD(Waits, "P6: what an outage held goes on though a sibling's call is stuck") {
  const std::string id = emit();
  start();
  worker->lanes.stick(kSendLane);
  bool down = true;
  workflow.show.script = [&](auto& item) { down ? item.unavailable("Postgres is away") : item.succeed("shown"); };
  REQUIRE(until([&] { return !worker->runner.status().open_circuits.empty(); }));
  down = false;
  CHECK(until_over_time([&] { return worker->runner.status().open_circuits.empty(); }, 120));
  CHECK(executed(workflow.show, id + "/did " + id) >= 2);
}

TEST_CASE_METHOD(Waits, "P5 F11: a wall clock that jumps while a run waits neither gives it up nor keeps it for ever") {
  StepOptions options{.retry = {.first = 1min, .longest = 10min, .max_attempts = 0, .give_up_after = 2h}};
  for (const Duration jump : {Duration(1h), Duration(-1h), Duration(24h * 3653), Duration(-24h * 3653)}) {
    RunnerWorld world;
    world.clock.turn(24h * 365 * 20);
    ScriptedStep send("send", options);
    send.script = [](auto& item) { item.retry("451"); };
    const WorkflowDefinition definition = only(send);
    const std::string id = world.emit();
    const auto live = [&](int minutes) {
      Worker worker(world.table, world.store, world.clock, world.log, {definition}, 1, world.options);
      for (int i = 0; i < minutes && !world.archived(1); ++i) {
        for (int t = 0; t < 20; ++t) worker.runner.turn({});
        world.clock.turn(1min);
      }
    };
    live(30);
    const int before = send.executions[id + "/" + id];
    world.clock.turn(jump);
    live(60);
    INFO("jump of " << jump.count() / 3'600'000'000 << " h");
    CHECK_FALSE(world.archived(1));
    CHECK(send.executions[id + "/" + id] > before + 3);
    CHECK(send.executions[id + "/" + id] < before + 15);
    live(120);
    REQUIRE(world.archived(1));
    CHECK(world.table.archive[0].reason == "send (" + id + "): 451 (gave up after 120 minutes)");
  }
}

TEST_CASE_METHOD(Waits, "P5: the time of an outage makes no execution too old to be tried again") {
  workflow.send.~ScriptedStep();
  new (&workflow.send)
      ScriptedStep("send-words", {.retry = {.first = 1s, .longest = 1min, .max_attempts = 0, .give_up_after = 30min}});
  bool down = true;
  int tries = 0;
  workflow.send.script = [&](auto& item) {
    if (item.attempt() == 1) return item.retry("451");
    if (down) return item.unavailable("the relay is away");
    ++tries < 5 ? item.retry("451") : item.succeed("sent");
  };
  emit();
  start();
  for (int minute = 0; minute < 120; ++minute) {
    turn(40);
    clock.turn(1min);
  }
  down = false;
  REQUIRE(until_over_time([&] { return archived(1); }, 1200));
  CHECK(table.archive[0].status == RunStatus::kDone);
}

TEST_CASE_METHOD(Waits, "an event delivered again while its run is being parked finds its run later") {
  workflow.show.script = [](auto& item) { item.attempt() == 1 ? item.retry("later") : item.succeed("shown"); };
  const std::string id = emit();
  start();
  // the claim is forgotten at every turn of the run's life, once
  for (int forget_at = 1; forget_at < 60; ++forget_at) {
    RunnerWorld world;
    world.workflow.show.script = workflow.show.script;
    world.emit();
    world.start();
    world.turn(forget_at);
    for (auto& [position, row] : world.table.rows) row.lease_epoch = 0;
    INFO("forgotten after " << forget_at << " turns");
    CHECK(world.until_over_time([&] { return world.archived(1); }, 30));
    CHECK(world.until([&] { return world.worker->runner.idle(); }));
  }
}
