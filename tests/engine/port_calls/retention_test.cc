// When ended runs leave the store.
#include <catch2/catch.hpp>

#include "engine/port_calls/store_pruning.h"
#include "tests/engine/world.h"

using namespace pawl::engine;

TEST_CASE_METHOD(RunnerWorld, "a worker forgets ended runs when it starts, for it may never live an hour") {
  start();
  const std::string id = emit();
  REQUIRE(until([&] { return archived(1); }));
  clock.turn(options.retention - std::chrono::seconds{1});
  start();
  emit();  // Postgres' clock has to agree
  turn(50);
  CHECK(store.find({{id}}).size() == 1);
  clock.turn(std::chrono::seconds{2});
  start();
  emit();
  CHECK(until([&] { return store.find({{id}}).empty(); }));
  turn(5);
  CHECK(log.counts[NoticeKind::kRunsPruned] == 1);
}

TEST_CASE_METHOD(RunnerWorld, "with a retention of zero ended runs stay for ever") {
  options.retention = {};
  start();
  const std::string id = emit();
  REQUIRE(until([&] { return archived(1); }));
  clock.turn(std::chrono::hours{24 * 365 * 10});
  start();
  emit();
  turn(50);
  CHECK(store.find({{id}}).size() == 1);
}

TEST_CASE_METHOD(RunnerWorld, "P2 F11: a wall clock ten years ahead makes no worker forget its runs") {
  const std::string id = emit();
  start();
  REQUIRE(until([&] { return archived(1); }));
  worker.reset();
  clock.turn(std::chrono::years{10});
  start();
  table.emit("test/words");  // by Postgres' clock it is still today
  REQUIRE(until([&] { return archived(2); }));
  CHECK_FALSE(until_over_time([&] { return store.find({{id}}).empty(); }, 100));
  for (int hour = 0; hour < 3; ++hour) {
    clock.turn(std::chrono::hours{1});
    turn(50);
  }
  CHECK(store.find({{id}}).size() == 1);
}

TEST_CASE_METHOD(RunnerWorld, "P3: a failed run stays with its steps until it was resolved, however many there are") {
  workflow.find.script = [](auto& item) { item.fail("refused"); };
  start();
  std::vector<std::string> failed;
  for (std::size_t run = 0; run <= StorePruning::kAtOnce; ++run) failed.push_back(emit());
  REQUIRE(until([&] { return archived(failed.size()); }));
  workflow.find.script = nullptr;
  clock.turn(options.retention + std::chrono::seconds{1});
  start();
  emit();
  turn(50);
  CHECK(store.find(failed).size() == failed.size());

  for (MemoryOutboxTable::Archived& ended : table.archive)
    if (ended.event.id != failed.front()) ended.status = RunStatus::kDone;
  clock.turn(StorePruning::kEvery);
  CHECK(until([&] { return store.find(failed).size() == 1; }));
  CHECK(store.find({{failed.front()}}).size() == 1);
}

TEST_CASE_METHOD(RunnerWorld, "while the outbox cannot be asked, failed runs stay") {
  workflow.find.script = [](auto& item) { item.fail("refused"); };
  start();
  const std::string failed = emit();
  REQUIRE(until([&] { return archived(1); }));
  workflow.find.script = nullptr;
  clock.turn(options.retention + std::chrono::seconds{1});
  start();
  emit();
  REQUIRE(until([&] { return archived(2); }));
  turn(50);
  table.archive.clear();
  table.outage = "down";
  clock.turn(StorePruning::kEvery);
  turn(50);
  CHECK(store.find({{failed}}).size() == 1);
  table.outage.clear();
  clock.turn(StorePruning::kEvery);
  CHECK(until([&] { return store.find({{failed}}).empty(); }));
}
