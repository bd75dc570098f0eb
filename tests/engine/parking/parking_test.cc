// Runs that wait out of memory, and how they come back.
#include "engine/parking/parking.h"

#include <catch2/catch.hpp>

#include "engine/authoring/errors.h"
#include "tests/engine/world.h"

using namespace pawl::engine;
using namespace std::chrono_literals;

namespace {

struct Parked {
  Parked() {
    for (RunNumber number = 1; number <= 3; ++number) {
      Event event;
      event.id = "event-" + std::to_string(number);
      event.workflow = "say-words";
      store.commit(std::vector<Checkpoint>{RunStarted{number, event, clock.now()}});
    }
  }
  /// The runs that have come back meanwhile.
  std::vector<RunNumber> came() {
    for (int turn = 0; turn < 5; ++turn) lanes.poll({});
    return std::exchange(loaded, {});
  }
  using Runs = std::vector<RunNumber>;

  ManualClock clock;
  MemoryCheckpoints store;
  InlineLanes lanes;
  Jitter jitter{1};
  ScriptedStep step{"send-words", {}};
  WorkflowDefinition workflow = only(step);
  StepQueues queues{{NamedStep{&step, step.name()}}, 1, 100};
  Runs loaded;
  Parking parking{{queues, store, lanes, 0, clock, jitter}, [this](std::vector<StoredRun> runs) {
                    for (const StoredRun& run : runs) loaded.push_back(run.run);
                  }};
};

}  // namespace

TEST_CASE_METHOD(Parked, "a run comes back when it is due, as far as there is room") {
  for (RunNumber run = 1; run <= 3; ++run) parking.park(run, clock.now() + 1s);
  parking.wake_due(10);
  CHECK(came().empty());
  CHECK(parking.wake_due_at() == clock.now() + 1s);
  clock.turn(1s);
  parking.wake_due(2);
  CHECK(parking.loading() == 2);
  CHECK(parking.parked() == 1);
  CHECK(came() == Runs{1, 2});
  CHECK(parking.loading() == 0);
}

TEST_CASE_METHOD(Parked, "runs whose store cannot be read stay parked, and are loaded once it can") {
  struct Unreadable final : Checkpoints {
    explicit Unreadable(Checkpoints& store) : store(store) {}
    Recovered recover() override { return store.recover(); }
    void give_way(std::int64_t lost_to) override { store.give_way(lost_to); }
    void commit(std::span<const Checkpoint> group) override { store.commit(group); }
    std::vector<StoredRun> find(std::span<const std::string> ids) override { return store.find(ids); }
    std::vector<StoredRun> load(std::span<const RunNumber> runs) override {
      if (refused) throw RefusedError("no such column");
      if (down) throw UnavailableError("disk error");
      return store.load(runs);
    }
    std::size_t prune(Timestamp before, std::size_t limit) override { return store.prune(before, limit); }
    Checkpoints& store;
    bool down = true;
    bool refused = false;
  } unreadable(store);
  Parking broken({queues, unreadable, lanes, 0, clock, jitter},
                 [this](std::vector<StoredRun> runs) { loaded.push_back(runs.at(0).run); });
  broken.park(1, clock.now());
  broken.wake_due(10);
  CHECK(came().empty());
  CHECK(broken.parked() == 1);
  CHECK(broken.backoff().error() == "disk error");
  CHECK_FALSE(broken.wake_due_at());
  unreadable.down = false;
  clock.turn(Backoff::kFirst);
  broken.wake_due(10);
  CHECK(came() == Runs{1});
  CHECK_FALSE(broken.backoff().down());

  broken.park(2, clock.now());
  unreadable.refused = true;
  broken.wake_due(10);
  came();
  CHECK(broken.store_refusal() == "no such column");
}

TEST_CASE_METHOD(Parked, "what a run waits for is the first of its retries and each step that holds some of it") {
  StoredRun stored;
  stored.run = 1;
  RunState run(workflow, std::move(stored));
  TypedExecution<std::string, std::string> late(run, step, "late", ""), soon(run, step, "soon", ""),
      held(run, step, "held", ""), also_held(run, step, "also held", "");
  CHECK(parking.wait_of(run).reason.empty());
  held.enter(Execution::Phase::kHeld);
  also_held.enter(Execution::Phase::kHeld);
  CHECK(parking.wait_of(run).reason == "send-words waits for its turn");
  CHECK(parking.wait_of(run).held_by.size() == 1);
  CHECK_FALSE(parking.wait_of(run).until);
  late.retry_at = clock.now() + 2s;
  late.enter(Execution::Phase::kBackingOff);
  soon.retry_at = clock.now() + 1s;
  soon.error = "451 later";
  soon.enter(Execution::Phase::kBackingOff);
  CHECK(parking.wait_of(run).until == soon.retry_at);
  CHECK(parking.wait_of(run).reason == "send-words backs off: 451 later; send-words waits for its turn");
}

TEST_CASE_METHOD(Parked, "held runs come back when their step takes executions again, one as a probe before") {
  Wait wait;
  wait.held_by.push_back({&step, {}});
  for (RunNumber run = 1; run <= 3; ++run) parking.park(run, wait);
  Circuit& circuit = queues.begin()->circuit();
  circuit.open("connection refused", clock.now(), 0);
  parking.release_held(10);
  parking.wake_due(10);
  CHECK(came().empty());
  CHECK(parking.held_due_at() == circuit.probe_at());
  clock.turn(Circuit::kFirst);
  parking.release_held(0);
  parking.wake_due(10);
  CHECK(came() == Runs{1});
  circuit.close();
  parking.release_held(10);
  parking.wake_due(10);
  CHECK(came() == Runs{2, 3});
  CHECK_FALSE(parking.held_due_at());
}
