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
  void give_way(std::int64_t lost_to) override { store_.give_way(lost_to); }
  void commit(std::span<const Checkpoint> group) override {
    clock_.turn(2ms);
    store_.commit(group);
  }
  std::vector<StoredRun> find(std::span<const std::string> run_ids) override { return store_.find(run_ids); }
  std::vector<StoredRun> load(std::span<const RunNumber> runs) override { return store_.load(runs); }
  std::size_t prune(Timestamp before, std::size_t limit) override { return store_.prune(before, limit); }

 private:
  MemoryCheckpoints& store_;
  ManualClock& clock_;
};

/// A run that sends twenty words in one call, and one more after them.
WorkflowDefinition twenty_words(Step<std::string, std::string>& send) {
  return {"say-words",
          "test/words",
          [&send](Run run, const Event&) {
            return [](Run r, const Step<std::string, std::string>& step) -> Workflow {
              std::vector<std::string> words;
              for (int i = 0; i < 20; ++i) words.push_back(std::to_string(i));
              const auto sent = r.start_each(step, words);
              co_await r.all(sent);
              const std::string last = "last";
              co_await r.step(step, last);
            }(run, send);
          },
          {&send}};
}

struct Pace : RunnerWorld {
  /// One mail every 10 ms, an event each.
  ScriptedStep send{"send-words", {.batch_max = 1, .rate = 100}};

  ~Pace() { worker.reset(); }  // before its steps
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

TEST_CASE_METHOD(RunnerWorld, "steps that end a few at a time share their commits") {
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
  CHECK(store.groups() < 200);  // 108; without the rest 1,769
}

TEST_CASE_METHOD(RunnerWorld, "a lone run waits for its own commits only, however many steps of it end together") {
  ScriptedStep send("send-words", {});
  InlineLanes lanes{5};
  MemoryOutbox outbox(table);
  SlowStore slow(store, clock);
  Runner runner{{outbox, slow, clock, lanes, log}, {twenty_words(send)}, {.seed = 7}};
  runner.open();
  for (std::size_t event = 1; event <= 3; ++event) {
    emit();
    const Timestamp emitted = clock.now();
    for (int turn = 0; turn < 1000 && !archived(event); ++turn) {
      runner.turn({});
      if (turn % 10 == 0) clock.turn(100us);
    }
    CHECK(archived(event));
    CHECK(clock.now() - emitted < 10ms);  // three commits of 2 ms; 14 ms with a rest after the first
  }
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

TEST_CASE_METHOD(RunnerWorld,
                 "an idle worker sleeps longer each time, up to half a second, and short again after an event") {
  struct SleepyOutbox final : MemoryOutbox {
    using MemoryOutbox::MemoryOutbox;
    void sleep(Duration at_most) override { sleeps.push_back(at_most); }
    std::vector<Duration> sleeps;
  };
  ScriptedStep send("send-words", {});
  InlineLanes lanes{5};
  SleepyOutbox outbox(table);
  Runner runner{{outbox, store, clock, lanes, log}, {only(send)}, {.seed = 7}};
  runner.open();
  const auto next_sleeps = [&](std::size_t count) {
    outbox.sleeps.clear();
    for (int turn = 0; turn < 1000 && outbox.sleeps.size() < count; ++turn) runner.turn({});
    return outbox.sleeps;
  };
  CHECK(next_sleeps(6) == std::vector<Duration>{50ms, 100ms, 200ms, 400ms, 500ms, 500ms});
  emit();
  CHECK(next_sleeps(1).front() == 50ms);
}
