// Under load calls are few and large; without load they wait for nothing.
#include <catch2/catch.hpp>

#include "tests/engine/world.h"

using namespace pawl::engine;
using namespace std::chrono_literals;

namespace {

/// Hands out and archives like MemoryOutbox; archiving takes its time.
class BusyOutbox final : public MemoryOutbox {
 public:
  BusyOutbox(MemoryOutboxTable& table, ManualClock& clock) : MemoryOutbox(table), clock(clock) {}
  std::vector<Event> claim(const ClaimRequest& request) override {
    std::vector<Event> events = MemoryOutbox::claim(request);
    claims += !events.empty();
    return events;
  }
  std::size_t finish(std::span<const FinishedEvent> finished) override {
    ++finishes;
    clock.turn(finish_takes);
    return MemoryOutbox::finish(finished);
  }

  ManualClock& clock;
  Duration finish_takes{0};
  int claims = 0;
  int finishes = 0;
};

/// Keeps what MemoryCheckpoints keeps; a commit takes 2 ms.
class SlowStore final : public Checkpoints {
 public:
  SlowStore(MemoryCheckpoints& store, ManualClock& clock) : store_(store), clock_(clock) {}
  Recovered recover() override { return store_.recover(); }
  void commit(std::span<const Checkpoint> group) override {
    clock_.turn(2ms);
    store_.commit(group);
  }
  std::vector<StoredRun> find(std::span<const std::string> event_ids) override { return store_.find(event_ids); }
  std::vector<StoredRun> load(std::span<const RunNumber> runs) override { return store_.load(runs); }
  std::size_t prune(Timestamp before, std::size_t limit) override { return store_.prune(before, limit); }

 private:
  MemoryCheckpoints& store_;
  ManualClock& clock_;
};

struct Pace : World {
  /// One mail every 10 ms, an event each.
  ScriptedStep send{"send-words", {.batch_max = 1, .rate = 100}};
  InlineLanes lanes{5};
  BusyOutbox outbox{table, clock};
  Runner runner{{outbox, store, clock, lanes, log}, {only(send)}, {.moving_max = 100, .seed = 7}};

  void work_for(Duration time) {
    for (const Timestamp end = clock.now() + time; clock.now() < end; clock.turn(10ms))
      for (int turn = 0; turn < 20; ++turn) runner.turn({});
  }
};

}  // namespace

TEST_CASE_METHOD(Pace, "a window that is almost full is filled in batches, and none waits for room for long") {
  runner.open();
  for (int i = 0; i < 1000; ++i) emit();
  work_for(1s);
  const auto claimed = runner.status().claimed;
  const int claims = outbox.claims;
  work_for(2s);
  CHECK(runner.status().claimed - claimed > 150);  // 200 were sent: the window stays filled
  CHECK(outbox.claims - claims <= 10);             // one in 250 ms, or for a quarter of the window
}

TEST_CASE_METHOD(Pace, "archiving rests between calls under load, so that each has several events") {
  outbox.finish_takes = 20ms;
  runner.open();
  for (int i = 0; i < 100; ++i) emit();
  work_for(3s);
  REQUIRE(archived(100));
  CHECK(outbox.finishes <= 25);
}

TEST_CASE_METHOD(World, "steps that end a few at a time share their commits") {
  ScriptedStep send("send-words", {.batch_max = 1, .rate = 3000});
  InlineLanes lanes{5};
  MemoryOutbox outbox(table);
  SlowStore slow(store, clock);
  Runner runner{{outbox, slow, clock, lanes, log}, {only(send)}, {.moving_max = 2000, .seed = 7}};
  runner.open();
  for (int i = 0; i < 2000; ++i) emit();
  for (int turn = 0; turn < 100'000 && !archived(2000); ++turn) {
    runner.turn({});
    if (turn % 10 == 0) clock.turn(100us);
  }
  REQUIRE(archived(2000));
  CHECK(store.groups() < 200);  // 50; without the rest 1,769
}

TEST_CASE_METHOD(Pace, "what comes alone is claimed and archived at once") {
  outbox.finish_takes = 20ms;
  runner.open();
  for (int i = 1; i <= 5; ++i) {
    emit();
    const Timestamp emitted = clock.now();
    work_for(10ms);
    CHECK(archived(static_cast<std::size_t>(i)));
    CHECK(clock.now() - emitted <= 30ms);
    work_for(1s);
  }
}
