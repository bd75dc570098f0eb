// What a worker does at its start with runs that waited when it was last there.
#include <catch2/catch.hpp>

#include "tests/engine/world.h"

using namespace pawl::engine;

TEST_CASE_METHOD(RunnerWorld,
                 "P9: an event that failed elsewhere and was resumed is not held by a run that still waits") {
  const std::string id = emit();
  workflow.send.script = [](auto& item) { item.retry("try later"); };
  start();
  REQUIRE(until([&] { return worker->runner.status().waiting == 1; }));
  table.bury(worker->outbox.epoch());
  worker.reset();

  workflow.send.script = [](auto& item) { item.fail("refused"); };
  MemoryCheckpoints other_store("other");
  {
    Worker other(table, other_store, clock, log, {workflow.definition()}, 2, options);
    for (int i = 0; i < 2000 && !archived(1); ++i) other.runner.turn({});
    table.bury(other.outbox.epoch());
  }
  REQUIRE(archived(1));
  REQUIRE(table.resume(id));

  workflow.send.script = nullptr;
  start();
  REQUIRE(until_over_time([&] { return archived(1); }, 120));
  CHECK(table.archive.back().status == RunStatus::kDone);
}

TEST_CASE_METHOD(RunnerWorld,
                 "P9 F11: what was parked under a wall clock ten years ahead goes on when the clock is right") {
  const auto jump = std::chrono::years{10};
  emit();
  clock.turn(jump);
  workflow.send.script = [](auto& item) { item.retry("try later"); };
  start();
  REQUIRE(until([&] { return worker->runner.status().waiting == 1; }));
  worker.reset();
  clock.turn(-jump);
  workflow.send.script = nullptr;
  start();
  CHECK(until_over_time([&] { return archived(1); }, 120));
}

TEST_CASE_METHOD(RunnerWorld, "P1: a run that moved here, failed elsewhere and was resumed knows that it was resumed") {
  const std::string id = emit();
  workflow.send.script = [](auto& item) { item.key() == "one" ? item.fail("550") : item.retry("later"); };
  start();
  REQUIRE(until([&] { return workflow.send.executions[id + "/two"] == 1; }));
  const std::int64_t epoch = worker->outbox.epoch();
  worker.reset();
  table.bury(epoch);
  workflow.send.script = [](auto& item) { item.fail("550"); };
  MemoryCheckpoints other_store("other");
  {
    Worker other(table, other_store, clock, log, {workflow.definition()}, 2, options);
    for (int i = 0; i < 500 && !archived(1); ++i) other.runner.turn({});
    table.bury(other.outbox.epoch());
  }
  REQUIRE(table.resume(id));
  workflow.send.script = nullptr;
  start();
  REQUIRE(until_over_time([&] { return archived(1); }, 60));
  CHECK(table.archive[0].status == RunStatus::kDone);
  CHECK(store.find({{id}}).at(0).resumes == 1);
  CHECK(until([&] { return worker->runner.idle() && table.rows.empty(); }));
}
