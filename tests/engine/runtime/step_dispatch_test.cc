// Batches that go out, and what their outcomes become.
#include "engine/runtime/step_dispatch.h"

#include <catch2/catch.hpp>

#include "engine/authoring/errors.h"
#include "tests/engine/world.h"

using namespace pawl::engine;
using namespace std::chrono_literals;

namespace {

using Phase = Execution::Phase;

/// A run of one execution, with everything that moves it but the runner.
struct Dispatch {
  Dispatch() {
    StoredRun stored;
    stored.run = 1;
    stored.event.id = "event-1";
    stored.event.workflow = "say-words";
    store.commit(std::vector<Checkpoint>{RunStarted{1, stored.event, clock.now()}});
    run = std::make_unique<RunState>(workflow, std::move(stored));
    run->advance();
    execution = run->fresh.at(0);
  }
  /// Until nothing is under way any more.
  void settle() {
    for (int turn = 0; turn < 5; ++turn) {
      dispatch.turn();
      journal.flush(clock.now());
      lanes.poll({});
    }
  }

  ManualClock clock;
  MemoryCheckpoints store;
  InlineLanes lanes;
  NoticeLog log;
  Jitter jitter{1};
  ScriptedStep step{"send-words", {}};
  WorkflowDefinition workflow = only(step);
  StepQueues queues{{NamedStep{&step, step.name()}}, 1, 100};
  Journal journal{store, lanes, 0, clock, jitter};
  int moved = 0;
  StepDispatch dispatch{{queues, lanes, clock, log, journal, jitter}, [this](RunState&) { ++moved; }};
  std::unique_ptr<RunState> run;
  Execution* execution = nullptr;
};

}  // namespace

TEST_CASE_METHOD(Dispatch, "P3: a run moves over a step's success only once its checkpoint is durable") {
  dispatch.offer_fresh(*run);
  CHECK(run->fresh.empty());
  dispatch.turn();
  CHECK(execution->phase() == Phase::kInFlight);
  lanes.poll({});
  CHECK(execution->phase() == Phase::kSettling);
  CHECK(moved == 0);
  settle();
  CHECK(execution->phase() == Phase::kSucceeded);
  CHECK(moved == 1);
  CHECK(store.load(std::vector<RunNumber>{1}).at(0).steps.at(0).result == "\"did event-1\"");
}

TEST_CASE_METHOD(Dispatch,
                 "an attempt that failed backs off, on record and told, and is offered again when it is due") {
  step.script = [](auto& item) { item.retry("451 later", 10s); };
  dispatch.offer_fresh(*run);
  settle();
  CHECK(execution->phase() == Phase::kBackingOff);
  CHECK(execution->retry_at == clock.now() + 10s);
  CHECK(dispatch.attempts_failed() == 1);
  CHECK(log.counts[NoticeKind::kAttemptFailed] == 1);
  CHECK(store.load(std::vector<RunNumber>{1}).at(0).retries.at(0).error == "451 later");
  dispatch.offer_waiting(*run);
  CHECK(execution->phase() == Phase::kBackingOff);
  clock.turn(10s);
  step.script = nullptr;
  dispatch.offer_waiting(*run);
  settle();
  CHECK(execution->phase() == Phase::kSucceeded);
  CHECK(execution->attempt == 2);
}

TEST_CASE_METHOD(Dispatch, "what finds its service down is held as if it had not been tried") {
  step.script = [](auto& item) { item.unavailable("connection refused"); };
  dispatch.offer_fresh(*run);
  settle();
  CHECK(execution->phase() == Phase::kHeld);
  CHECK(execution->attempt == 1);
  CHECK(execution->age == 0s);
  CHECK(log.counts[NoticeKind::kCircuitOpened] == 1);
  CHECK(dispatch.attempts_failed() == 0);
}

TEST_CASE_METHOD(Dispatch, "what fails for good is told, and on record before the run moves over it") {
  step.script = [](auto& item) { item.fail("550 no such user"); };
  dispatch.offer_fresh(*run);
  dispatch.turn();
  lanes.poll({});
  CHECK(moved == 0);
  settle();
  CHECK(execution->phase() == Phase::kFailed);
  CHECK(log.counts[NoticeKind::kStepFailed] == 1);
  const StepSettled settled = store.load(std::vector<RunNumber>{1}).at(0).steps.at(0);
  CHECK(settled.failed);
  CHECK(settled.result == "550 no such user");
}

TEST_CASE_METHOD(Dispatch, "a lease that is lost in a step is kept for the runner, and nothing is settled") {
  step.before = [](std::size_t) { throw LeaseLostError("epoch 7 is over"); };
  dispatch.offer_fresh(*run);
  settle();
  CHECK(dispatch.lease_lost() == "epoch 7 is over");
  CHECK(execution->phase() == Phase::kInFlight);
}
