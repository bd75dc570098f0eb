// What comes back beside what after a crash, with everything but the engine in memory.
#include <catch2/catch.hpp>
#include <set>

#include "tests/engine/world.h"

using namespace pawl::engine;

TEST_CASE_METHOD(RunnerWorld, "P8: of several poisons among many, each ends alone and no innocent is set aside") {
  std::set<std::string> poisons;
  for (int i = 0; i < 1000; ++i) {
    const std::string id = emit();
    if (i % 300 == 150) poisons.insert(id);
  }
  options.moving_max = 200;
  options.claim_max = 50;
  bool crashed = false;
  workflow.find.script = [&](auto& item) {
    crashed = crashed || poisons.contains(item.effects_id());
    item.succeed("found");
  };
  std::size_t crashes = 0;
  for (int life = 0; life < 100 && !archived(1000); ++life) {
    seed = static_cast<std::uint64_t>(life) + 1;
    start();
    crashed = false;
    for (int i = 0; i < 50'000 && !crashed && !archived(1000); ++i) worker->runner.turn({});
    crashes += crashed;
  }
  REQUIRE(archived(1000));
  CHECK(crashes <= poisons.size() * static_cast<std::size_t>(options.deliveries_max));
  for (const auto& archived_event : table.archive) {
    INFO(archived_event.event.id << ": " << archived_event.reason);
    CHECK((archived_event.status == RunStatus::kFailed) == poisons.contains(archived_event.event.id));
  }
}

TEST_CASE_METHOD(RunnerWorld, "what was in flight comes back at once, whichever of them is slow") {
  for (int i = 0; i < 300; ++i) emit();
  start();
  REQUIRE(until([&] { return worker->runner.status().moving == 300; }));
  workflow.find.script = [&](auto& item) {
    if (item.effects_id() == "event-1")
      item.retry("slow", std::chrono::hours{1});
    else
      item.succeed("found");
  };
  start();
  CHECK(until([&] { return archived(299); }));
  CHECK(table.archive.front().event.deliveries == 2);
}

TEST_CASE_METHOD(RunnerWorld, "P8: an event that crashes the worker whenever it wakes is set aside") {
  emit("poison");
  bool crashed = false;
  workflow.send.script = [&](auto& item) {
    crashed = crashed || item.attempt() > 1;
    item.retry("later", std::chrono::seconds{1});
  };
  int crashes = 0;
  for (int life = 0; life < 20 && !archived(1); ++life) {
    start();
    crashed = false;
    for (int i = 0; i < 3000 && !crashed && !archived(1); ++i) {
      worker->runner.turn({});
      if (i % 40 == 0) clock.turn(std::chrono::seconds{1});
    }
    crashes += crashed;
  }
  REQUIRE(archived(1));
  CHECK(table.archive[0].reason.starts_with("set aside"));
  CHECK(crashes <= options.deliveries_max);
}

TEST_CASE_METHOD(RunnerWorld, "P8: of many that wake at once, only the one that crashes the worker is set aside") {
  for (int i = 0; i < 300; ++i) emit();
  bool crashed = false;
  bool down = true;
  workflow.send.script = [&](auto& item) {
    if (down) return item.unavailable("refused");
    crashed = crashed || item.effects_id() == "event-150";
    item.succeed("sent");
  };
  start();
  REQUIRE(until_over_time([&] { return worker->runner.status().waiting == 300; }, 60));
  down = false;
  std::size_t crashes = 0;
  for (int life = 0; life < 20 && !archived(300); ++life) {
    seed = static_cast<std::uint64_t>(life) + 1;
    start();
    crashed = false;
    for (int i = 0; i < 20'000 && !crashed && !archived(300); ++i) {
      worker->runner.turn({});
      if (i % 40 == 0) clock.turn(std::chrono::seconds{1});
    }
    crashes += crashed;
  }
  REQUIRE(archived(300));
  CHECK(crashes <= static_cast<std::size_t>(options.deliveries_max));
  for (const auto& archived_event : table.archive) {
    INFO(archived_event.event.id << ": " << archived_event.reason);
    CHECK((archived_event.status == RunStatus::kFailed) == (archived_event.event.id == "event-150"));
  }
}
