// What comes back beside what after a crash, with everything but the engine in memory.
#include <catch2/catch.hpp>
#include <set>

#include "tests/engine/world.h"

using namespace pawl::engine;

TEST_CASE_METHOD(World, "P8: of several poisons among many, each ends alone and no innocent is set aside") {
  std::set<std::string> poisons;
  for (int i = 0; i < 1000; ++i) {
    const std::string id = emit();
    if (i % 300 == 150) poisons.insert(id);
  }
  options.moving_max = 200;
  options.claim_max = 50;
  bool crashed = false;
  workflow.find.script = [&](auto& item) {
    crashed = crashed || poisons.contains(item.event_id());
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

TEST_CASE_METHOD(World, "what was in flight comes back at once, whichever of them is slow") {
  for (int i = 0; i < 300; ++i) emit();
  start();
  REQUIRE(until([&] { return worker->runner.status().moving == 300; }));
  workflow.find.script = [&](auto& item) {
    if (item.event_id() == "event-1")
      item.retry("slow", std::chrono::hours{1});
    else
      item.succeed("found");
  };
  start();
  CHECK(until([&] { return archived(299); }));
  CHECK(table.archive.front().event.deliveries == 2);
}
