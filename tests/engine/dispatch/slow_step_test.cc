// A step that cannot keep up, or whose calls are stuck, must not fill the window.
#include <algorithm>
#include <catch2/catch.hpp>

#include "engine/authoring/errors.h"
#include "tests/engine/world.h"

using namespace pawl::engine;
using namespace std::chrono_literals;

namespace {

constexpr LaneId kSlowLane = 6;

struct Slow : RunnerWorld {
  Slow() { options.moving_max = 100; }
  std::size_t shown() const { return workflow.show.executions.size(); }
};

}  // namespace

TEST_CASE_METHOD(Slow, "P6 P9: while every call of a step is stuck, new events still run their other steps") {
  start();
  worker->lanes.stick(kSlowLane);
  for (int minute = 0; minute < 10; ++minute) {
    for (int i = 0; i < 100; ++i) emit();
    const std::size_t want = static_cast<std::size_t>(minute + 1) * 100;
    CHECK(until_over_time([&] { return shown() == want; }, 30));
    CHECK(worker->runner.status().moving <= options.moving_max);
  }
  // what waits left memory, with a reason
  REQUIRE(until_over_time([&] { return worker->runner.status().waiting > 850; }, 60));
  std::vector<RunNumber> runs;
  for (const UnfinishedRun& run : store.recover().unfinished)
    if (run.waiting) runs.push_back(run.run);
  for (const StoredRun& run : store.load(runs))
    CHECK(run.reason.find("send-words waits for its turn: 1 of 1 calls are out, the oldest for ") == 0);

  worker->lanes.unstick(kSlowLane);
  REQUIRE(until_over_time([&] { return archived(1000); }, 600));
  CHECK(until([&] { return worker->runner.idle(); }));
}

TEST_CASE_METHOD(Slow, "a call gets up to half of the window's runs, with all the items of each") {
  start();
  worker->lanes.stick(kSlowLane);
  for (int i = 0; i < 100; ++i) emit();
  REQUIRE(until([&] { return shown() == 100; }));
  worker->lanes.unstick(kSlowLane);
  REQUIRE(until([&] { return archived(100); }));
  const std::size_t half_of_window = options.moving_max / 2, words_of_run = 2;
  CHECK(std::ranges::max(workflow.send.sizes) == half_of_window * words_of_run);
}

TEST_CASE_METHOD(Slow, "a step that is slow all the time parks what it cannot take once, not again and again") {
  ScriptedStep send("send-words", {.batch_max = 5, .rate = 5});
  const WorkflowDefinition definition = only(send);
  struct Counting final : Checkpoints {
    explicit Counting(MemoryCheckpoints& memory) : inner(memory) {}
    Recovered recover() override { return inner.recover(); }
    void give_way(std::int64_t lost_to) override { inner.give_way(lost_to); }
    void commit(std::span<const Checkpoint> group) override {
      for (const Checkpoint& checkpoint : group) parked += std::holds_alternative<RunParked>(checkpoint);
      inner.commit(group);
    }
    std::vector<StoredRun> find(std::span<const std::string> ids) override { return inner.find(ids); }
    std::vector<StoredRun> load(std::span<const RunNumber> runs) override { return inner.load(runs); }
    std::size_t prune(Timestamp before, std::size_t limit) override { return inner.prune(before, limit); }
    MemoryCheckpoints& inner;
    int parked = 0;
  } counting(store);
  InlineLanes lanes(3);
  MemoryOutbox outbox(table);
  Runner runner({outbox, counting, clock, lanes, log}, {definition}, options);
  runner.open();
  for (int i = 0; i < 1000; ++i) emit();
  for (int tick = 0; tick < 4000 && !archived(1000); ++tick) {
    for (int t = 0; t < 10; ++t) runner.turn({});
    CHECK(runner.status().moving <= options.moving_max);
    clock.turn(100ms);
  }
  REQUIRE(archived(1000));
  CHECK(counting.parked > 500);
  CHECK(counting.parked < 1500);
}

TEST_CASE_METHOD(RunnerWorld, "F13: a call that hangs ends the worker, naming step, time and events") {
  options.hang_after = 15min;
  options.lease = 24h;
  const std::string id = emit("stuck");
  start();
  worker->lanes.stick(kSlowLane);
  turn(100);
  clock.turn(14min);
  turn(100);
  clock.turn(2min);
  CHECK_THROWS_WITH(turn(10), "a call of send-words has been out for 960 s and will not come back; its events: stuck");
}

TEST_CASE_METHOD(RunnerWorld, "P8: a call is no hung one within the time that its step may honestly take") {
  options.hang_after = 15min;
  options.lease = 24h;
  ScriptedStep patient("send-words", {.longest_call = 50min});
  const WorkflowDefinition definition = only(patient);
  emit("slow");
  worker = std::make_unique<Worker>(table, store, clock, log, std::vector{definition}, seed, options);
  const auto guard = ends_with_scope();
  worker->lanes.stick(lane_specs({definition}).size() - 1);
  turn(100);
  clock.turn(64min);
  CHECK_NOTHROW(turn(100));
  clock.turn(2min);
  CHECK_THROWS_AS(turn(10), HungError);
}

TEST_CASE_METHOD(RunnerWorld, "P8: an event that hangs every time is set aside, and the others end") {
  options.hang_after = 15min;
  for (int i = 0; i < 20; ++i) emit();
  emit("poison");
  int deaths = 0;
  bool hangs = false;
  workflow.find.script = [&](auto& item) {
    hangs = hangs || item.effects_id() == "poison";
    item.succeed("found");
  };
  for (int life = 0; life < 20 && !archived(21); ++life) {
    start();
    hangs = false;
    for (int t = 0; t < 3000 && !hangs && !archived(21); ++t) worker->runner.turn({});
    deaths += hangs;  // as the process ends when it throws HungError
  }
  REQUIRE(archived(21));
  CHECK(deaths == options.deliveries_max);
  for (const auto& archived_event : table.archive)
    CHECK((archived_event.status == RunStatus::kFailed) == (archived_event.event.id == "poison"));
}

TEST_CASE_METHOD(RunnerWorld, "F13: a call on outbox or checkpoints that hangs ends the worker, saying which") {
  options.hang_after = 15min;
  options.lease = 24h;
  const auto [lane, what] =
      GENERATE(Catch::Generators::table<LaneId, std::string>({{0, "claim events from the outbox"},
                                                              {1, "archive events in the outbox"},
                                                              {2, "renew the leases in the outbox"},
                                                              {3, "read or write checkpoints"}}));
  start();
  if (lane == 2) clock.turn(9h);  // a third of the lease: it is to be renewed
  worker->lanes.stick(lane);
  emit();
  turn(100);
  clock.turn(15min);  // so long a call of a step may take, and these wait for several answers
  CHECK_NOTHROW(turn(100));
  clock.turn(2min);
  CHECK_THROWS_WITH(turn(1), "a call to " + what + " has been out for 1020 s and will not come back");
}
