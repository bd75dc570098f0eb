// The runtime's promises, with everything but the engine in memory.
#include <algorithm>
#include <catch2/catch.hpp>

#include "engine/authoring/errors.h"
#include "tests/engine/world.h"

using namespace pawl::engine;

namespace {

int total(const ScriptedStep& step) {
  int sum = 0;
  for (const auto& [name, count] : step.executions) sum += count;
  return sum;
}

}  // namespace

TEST_CASE_METHOD(RunnerWorld, "an event runs through every step once and ends done in the archive") {
  const std::string id = emit();
  start();
  REQUIRE(until([&] { return archived(1); }));
  CHECK(table.archive[0].status == RunStatus::kDone);
  CHECK(table.rows.empty());
  CHECK(workflow.find.executions[id + "/" + id] == 1);
  CHECK(total(workflow.show) == 1);
  CHECK(workflow.send.executions[id + "/one"] == 1);
  CHECK(workflow.send.executions[id + "/two"] == 1);
  CHECK(until([&] { return worker->runner.idle(); }));
}

TEST_CASE_METHOD(RunnerWorld, "ready executions of all runs are gathered into one batch") {
  for (int i = 0; i < 100; ++i) emit();
  start();
  REQUIRE(until([&] { return archived(100); }));
  CHECK(*std::max_element(workflow.find.sizes.begin(), workflow.find.sizes.end()) == 100);
  CHECK(workflow.find.sizes.size() < 5);
}

TEST_CASE_METHOD(RunnerWorld, "a transient failure is retried on its own schedule without repeating finished steps") {
  workflow.send.script = [](auto& item) {
    if (item.key() == "two" && item.attempt() < 3)
      item.retry("451 come back later");
    else
      item.succeed("sent");
  };
  const std::string id = emit();
  start();
  CHECK(until([&] { return worker->runner.status().waiting == 1; }));
  CHECK_FALSE(until([&] { return archived(1); }, 200));  // no time passes: no retry
  REQUIRE(until_over_time([&] { return archived(1); }, 30));
  CHECK(table.archive[0].status == RunStatus::kDone);
  CHECK(workflow.send.executions[id + "/two"] == 3);
  CHECK(workflow.send.executions[id + "/one"] == 1);
  CHECK(total(workflow.find) == 1);
  CHECK(total(workflow.show) == 1);
}

TEST_CASE_METHOD(RunnerWorld, "a run that waits is out of memory until it is due") {
  workflow.show.script = [](auto& item) { item.retry("later", std::chrono::hours{1}); };
  emit();
  start();
  REQUIRE(until([&] { return worker->runner.status().waiting == 1; }));
  CHECK(worker->runner.status().moving == 0);
}

TEST_CASE_METHOD(RunnerWorld, "one permanent failure fails the run with its reason while its siblings finish") {
  workflow.send.script = [](auto& item) {
    if (item.key() == "one")
      item.fail("550 no such user");
    else
      item.succeed("sent");
  };
  const std::string id = emit();
  start();
  REQUIRE(until([&] { return archived(1); }));
  CHECK(table.archive[0].status == RunStatus::kFailed);
  CHECK(table.archive[0].reason == "send-words (one): 550 no such user");
  CHECK(workflow.send.executions[id + "/two"] == 1);
  CHECK(total(workflow.show) == 1);
}

TEST_CASE_METHOD(RunnerWorld, "a poison item in a batch is found and fails alone, the innocent lose no attempt") {
  std::vector<std::string> ids;
  for (int i = 0; i < 50; ++i) ids.push_back(emit());
  std::map<std::string, int> attempts;
  workflow.show.script = [&](auto& item) {
    if (item.effects_id() == ids[17]) throw PermanentError("poison");
    attempts[item.effects_id()] = item.attempt();
    item.succeed("shown");
  };
  start();
  REQUIRE(until([&] { return archived(50); }));
  for (const auto& archived_event : table.archive)
    CHECK((archived_event.status == RunStatus::kFailed) == (archived_event.event.id == ids[17]));
  CHECK(attempts.size() == 49);
  for (const auto& [id, attempt] : attempts) CHECK(attempt == 1);
}

TEST_CASE_METHOD(RunnerWorld,
                 "P9: an outage opens the circuit, burns no attempt, and the backlog drains when it ends") {
  bool down = true;
  int attempt_seen = 0;
  workflow.send.script = [&](auto& item) {
    attempt_seen = std::max(attempt_seen, item.attempt());
    if (down)
      item.unavailable("connection refused");
    else
      item.succeed("sent");
  };
  for (int i = 0; i < 300; ++i) emit();
  start();
  REQUIRE(until_over_time([&] { return worker->runner.status().waiting == 300; }, 60));
  CHECK_FALSE(worker->runner.status().open_circuits.empty());
  const int sent_while_down = total(workflow.send);
  for (int minute = 0; minute < 60; ++minute) {
    clock.turn(std::chrono::minutes{1});
    turn(60);
  }
  CHECK(total(workflow.send) - sent_while_down < 500);  // probes, not storms
  CHECK(total(workflow.show) == 300);
  down = false;
  REQUIRE(until_over_time([&] { return archived(300); }, 120));
  CHECK(attempt_seen == 1);
  CHECK(worker->runner.status().open_circuits.empty());
  CHECK(until([&] { return worker->runner.idle(); }));
}

TEST_CASE_METHOD(RunnerWorld, "one item that always finds the service down does not hold the others for ever") {
  for (int i = 0; i < 20; ++i) emit();
  const std::string refused = emit("refused");
  bool down = true;
  workflow.send.script = [&](auto& item) {
    if (down || item.effects_id() == refused)
      item.unavailable("5.7.1 refused");
    else
      item.succeed("sent");
  };
  start();
  REQUIRE(until_over_time([&] { return worker->runner.status().waiting == 21; }, 60));
  down = false;
  CHECK(until_over_time([&] { return archived(20); }, 600));
}

TEST_CASE_METHOD(RunnerWorld, "P3: a worker killed at any turn repeats no step whose checkpoint committed") {
  for (std::uint64_t kill_at = 1; kill_at < 60; ++kill_at) {
    RunnerWorld world;
    world.seed = kill_at;
    for (int i = 0; i < 5; ++i) world.emit();
    world.start();
    world.turn(static_cast<int>(kill_at));
    const auto before =
        world.store.find(std::vector<std::string>{"event-1", "event-2", "event-3", "event-4", "event-5"});
    std::map<std::string, int> executed = world.workflow.find.executions;
    world.start();
    REQUIRE(world.until([&] { return world.archived(5); }));
    for (const StoredRun& run : before)
      for (const StepSettled& step : run.steps)
        if (step.step.step == "find-words")
          CHECK(world.workflow.find.executions[run.event.id + "/" + run.event.id] ==
                executed[run.event.id + "/" + run.event.id]);
    for (const auto& archived_event : world.table.archive) CHECK(archived_event.status == RunStatus::kDone);
    CHECK(world.table.archive.size() == 5);
  }
}

TEST_CASE_METHOD(RunnerWorld, "P2: a redelivered event finds its run: no step runs again") {
  const std::string id = emit("same");
  start();
  REQUIRE(until([&] { return archived(1); }));
  const int executed = total(workflow.find) + total(workflow.show) + total(workflow.send);
  emit(id);
  REQUIRE(until([&] { return archived(2); }));
  CHECK(total(workflow.find) + total(workflow.show) + total(workflow.send) == executed);
}

TEST_CASE_METHOD(RunnerWorld, "an event whose store was lost runs again from its first step") {
  emit();
  workflow.send.script = [](auto& item) { item.retry("later", std::chrono::hours{1}); };
  start();
  REQUIRE(until([&] { return worker->runner.status().waiting == 1; }));
  const std::int64_t epoch = worker->outbox.epoch();
  worker.reset();
  workflow.send.script = nullptr;
  MemoryCheckpoints fresh("fresh");
  table.bury(epoch);
  Worker other(table, fresh, clock, log, {workflow.definition()}, 1, options);
  for (int i = 0; i < 500 && !archived(1); ++i) other.runner.turn({});
  REQUIRE(archived(1));
  CHECK(total(workflow.find) == 2);
}

TEST_CASE_METHOD(RunnerWorld,
                 "P8: a poison event is set aside after a bounded number of deliveries, the queue moves on") {
  const std::string poison = emit("poison");
  for (int i = 0; i < 100; ++i) emit();
  bool crashed = false;
  workflow.find.script = [&](auto& item) {
    if (item.effects_id() == poison) crashed = true;
    item.succeed("found");
  };
  int crashes = 0;
  for (int life = 0; life < 20 && !archived(101); ++life) {
    start();
    crashed = false;
    for (int i = 0; i < 3000 && !crashed && !archived(101); ++i) worker->runner.turn({});
    crashes += crashed;
  }
  REQUIRE(archived(101));
  CHECK(crashes == options.deliveries_max);
  for (const auto& archived_event : table.archive) {
    INFO(archived_event.event.id << ": " << archived_event.reason);
    CHECK((archived_event.status == RunStatus::kFailed) == (archived_event.event.id == poison));
  }
}

TEST_CASE_METHOD(RunnerWorld, "two workers share one outbox and no event runs twice") {
  for (int i = 0; i < 200; ++i) emit();
  options.claim_max = 10;
  start();
  MemoryCheckpoints other_store("other");
  Worker other(table, other_store, clock, log, {workflow.definition()}, 2, options);
  for (int i = 0; i < 20000 && !archived(200); ++i) {
    worker->runner.turn({});
    other.runner.turn({});
  }
  REQUIRE(archived(200));
  CHECK(total(workflow.find) == 200);
  CHECK(worker->runner.status().done > 0);
  CHECK(other.runner.status().done > 0);
}

TEST_CASE_METHOD(RunnerWorld, "a worker whose epoch is over stops and archives nothing") {
  emit();
  start();
  turn(3);
  table.bury(worker->outbox.epoch());
  CHECK_THROWS_AS(until_over_time([&] { return archived(1); }, 30), LeaseLostError);
  CHECK(table.archive.empty());
}

TEST_CASE_METHOD(RunnerWorld, "no effect starts once the lease may have expired") {
  options.lease = std::chrono::seconds{30};
  start();
  turn(5);
  emit();
  table.outage = "connection lost";
  clock.turn(std::chrono::minutes{5});
  turn(50);
  CHECK(total(workflow.find) == 0);
  table.outage.clear();
  CHECK(until_over_time([&] { return archived(1); }, 30));
}

TEST_CASE_METHOD(RunnerWorld, "while the store cannot write nothing starts, and all goes on when it can") {
  for (int i = 0; i < 10; ++i) emit();
  start();
  store.refuse_writes("disk full");
  turn(200);
  CHECK(table.archive.empty());
  CHECK_FALSE(worker->runner.status().checkpoints_error.empty());
  for (int i = 0; i < 10; ++i) emit();
  turn(200);
  CHECK(total(workflow.find) <= 10);
  CHECK(total(workflow.show) == 0);
  store.refuse_writes("");
  REQUIRE(until_over_time([&] { return archived(20); }, 60));
  CHECK(total(workflow.find) == 20);
}

TEST_CASE_METHOD(RunnerWorld, "drain lets moving runs end, gives back the unstarted and stops") {
  for (int i = 0; i < 10; ++i) emit();
  start();
  REQUIRE(until([&] { return worker->runner.status().moving > 0; }));
  worker->runner.drain();
  REQUIRE(until([&] { return worker->runner.drained(); }));
  CHECK(table.archive.size() == 10);
  emit();
  turn(50);
  CHECK(table.rows.size() == 1);
}

TEST_CASE_METHOD(RunnerWorld, "a drain right after a claim gives every unstarted event back undelivered") {
  for (int i = 0; i < 10; ++i) emit();
  start();
  worker->runner.turn({});  // submits the claim
  worker->runner.drain();
  REQUIRE(until([&] { return worker->runner.drained(); }));
  for (const auto& [position, row] : table.rows) {
    CHECK(row.lease_epoch == 0);
    CHECK(row.event.deliveries == 0);
  }
}

TEST_CASE_METHOD(RunnerWorld, "a waiting run survives restarts without counting as a delivery") {
  workflow.send.script = [](auto& item) { item.retry("later", std::chrono::minutes{1}); };
  emit();
  for (int life = 0; life < 10; ++life) {
    start();
    REQUIRE(until([&] { return worker->runner.status().waiting == 1; }));
  }
  CHECK(table.rows.begin()->second.event.deliveries == 1);
  workflow.send.script = nullptr;
  REQUIRE(until_over_time([&] { return archived(1); }, 120));
  CHECK(table.archive[0].status == RunStatus::kDone);
  CHECK(total(workflow.find) == 1);
}

TEST_CASE_METHOD(RunnerWorld, "a resumed run goes on at its failed step and keeps the finished ones") {
  workflow.send.script = [](auto& item) { item.key() == "one" ? item.fail("550") : item.succeed("sent"); };
  const std::string id = emit();
  start();
  REQUIRE(until([&] { return archived(1); }));
  workflow.send.script = nullptr;
  REQUIRE(table.resume(id));
  REQUIRE(until([&] { return archived(1); }));
  CHECK(table.archive[0].status == RunStatus::kDone);
  CHECK(workflow.send.executions[id + "/one"] == 2);
  CHECK(workflow.send.executions[id + "/two"] == 1);
  CHECK(total(workflow.find) == 1);
}

TEST_CASE_METHOD(RunnerWorld, "an event that no workflow handles is left alone") {
  table.emit("other/event");
  emit();
  start();
  REQUIRE(until([&] { return archived(1); }));
  REQUIRE(table.rows.size() == 1);
  CHECK(table.rows.begin()->second.lease_epoch == 0);
  CHECK(table.rows.begin()->second.event.deliveries == 0);
}

TEST_CASE_METHOD(RunnerWorld, "the rate of a step holds over time") {
  // ten a second, twenty-four to send: the first second's worth at once, the rest as tokens come
  ScriptedStep limited("send-words", {.rate = 10});
  const WorkflowDefinition definition = only(limited);
  for (int i = 0; i < 24; ++i) emit();
  Worker paced(table, store, clock, log, {definition}, 1, options);
  const auto run_turns = [&] {
    for (int i = 0; i < 200; ++i) paced.runner.turn({});
  };
  run_turns();
  CHECK(total(limited) == 10);
  clock.turn(std::chrono::seconds{1});
  run_turns();
  CHECK(total(limited) == 20);
  clock.turn(std::chrono::seconds{1});
  run_turns();
  CHECK(total(limited) == 24);
}

TEST_CASE_METHOD(RunnerWorld,
                 "a run says what it notes however it ends, behind its failure, and is counted if it ends done") {
  ScriptedStep say{"say", {}};
  const bool fails = GENERATE(false, true);
  if (fails) say.script = [](auto& item) { item.fail("550 no"); };
  const auto noting = [](Run run, std::string id, const ScriptedStep& step) -> Workflow {
    run.note("no mail to adam");
    co_await run.step(step, id);
  };
  const WorkflowDefinition definition{
      "say-words", "test/words", [&](Run run, const Event& event) { return noting(run, event.id, say); }, {&say}};
  Worker teller(table, store, clock, log, {definition}, seed, options);
  const std::string id = emit();
  for (int i = 0; i < 200; ++i) teller.runner.turn({});
  REQUIRE(archived(1));
  CHECK(table.archive[0].reason == (fails ? "say (" + id + "): 550 no; " : "") + "no mail to adam");
  CHECK(teller.runner.status().done_with_note == (fails ? 0 : 1));
}

TEST_CASE("registering two workflows for one event type is refused") {
  RunnerWorld world;
  CHECK_THROWS_AS(Runner({*std::make_unique<MemoryOutbox>(world.table), world.store, world.clock,
                          *std::make_unique<InlineLanes>(), world.log},
                         {world.workflow.definition(), world.workflow.definition()}),
                  WorkflowBug);
}
