// Why a run failed, as programs read it: which step ended it, how, and with which code.
#include <catch2/catch.hpp>

#include "tests/engine/world.h"

using namespace pawl::engine;

namespace {

struct FailureFixture : RunnerWorld {
  const Failure& failure_of_only_run() {
    start();
    if (table.archive.empty()) emit("e");
    REQUIRE(until_over_time([&] { return archived(1); }, 3600));
    REQUIRE(table.archive.size() == 1);
    CHECK(table.archive[0].status == RunStatus::kFailed);
    return table.archive[0].failure;
  }
};

void check(const Failure& failure, const std::string& step, const std::string& key, FailureClass klass,
           const std::string& code) {
  CHECK(failure.step == step);
  CHECK(failure.key == key);
  CHECK(failure.klass == klass);
  CHECK(failure.code == code);
}

/// A workflow whose function throws, before or inside its coroutine.
WorkflowDefinition throwing(bool before_it_begins, ScriptedStep& step) {
  return {"say-words",
          "test/words",
          [before_it_begins](Run run, const Event&) {
            if (before_it_begins) throw PermanentError("payload: no org_id");
            return [](Run) -> Workflow {
              throw PermanentError("sold out", "S-1");
              co_return;
            }(run);
          },
          {&step}};
}

}  // namespace

TEST_CASE_METHOD(FailureFixture, "a run that a step ends names step, item, class and code") {
  workflow.send.script = [](auto& item) {
    item.key() == "two" ? item.fail("550 5.1.1 no such user", "5.1.1") : item.succeed("sent");
  };
  check(failure_of_only_run(), "send-words", "two", FailureClass::kPermanent, "5.1.1");
}

TEST_CASE_METHOD(FailureFixture, "a run whose step used its attempts up says so, with the code of the last one") {
  workflow.find.script = [](auto& item) { item.retry("busy", {}, "53300"); };
  check(failure_of_only_run(), "find-words", "e", FailureClass::kAttempts, "53300");
}

TEST_CASE_METHOD(FailureFixture, "an exception of a step gives its code") {
  workflow.find.script = [](auto&) { throw Error("refused row", "23514"); };
  check(failure_of_only_run(), "find-words", "e", FailureClass::kAttempts, "23514");
}

TEST_CASE_METHOD(FailureFixture, "a failure keeps class and code over a restart between the step's end and the run's") {
  options.deliveries_max = 1000;
  workflow.send.script = [](auto& item) { item.fail("no", "5.1.1"); };
  start();
  emit("e");
  // as if each process died a turn later than the one before it: what is not yet durable is done again
  for (int life = 1; !archived(1) && life < 100; ++life) {
    for (int turns = 0; turns < life && !archived(1); ++turns) turn(1);
    if (!archived(1)) start();
  }
  REQUIRE(archived(1));
  check(table.archive[0].failure, "send-words", "one", FailureClass::kPermanent, "5.1.1");
}

TEST_CASE_METHOD(FailureFixture, "a finished run that is delivered again is archived with the failure that it had") {
  workflow.find.script = [](auto& item) { item.fail("no", "5.1.1"); };
  failure_of_only_run();
  MemoryOutboxTable fresh;  // in which the archiving never happened
  std::swap(table, fresh);
  check(failure_of_only_run(), "find-words", "e", FailureClass::kPermanent, "5.1.1");
  CHECK(workflow.find.executions["e/e"] == 1);
}

TEST_CASE_METHOD(FailureFixture, "what the workflow itself throws is told from a payload that cannot be read") {
  for (const bool payload : {true, false}) {
    MemoryOutboxTable outbox;
    MemoryCheckpoints checkpoints;
    Worker one(outbox, checkpoints, clock, log, {throwing(payload, workflow.find)}, seed, options);
    outbox.emit("test/words");
    for (int i = 0; i < 200 && outbox.archive.empty(); ++i) one.runner.turn({});
    REQUIRE(outbox.archive.size() == 1);
    check(outbox.archive[0].failure, "", "", payload ? FailureClass::kPayload : FailureClass::kWorkflow,
          payload ? "" : "S-1");
  }
}

TEST_CASE_METHOD(FailureFixture, "a poison event and a payload that is too large have classes of their own") {
  start();
  emit("e");
  table.rows.begin()->second.event.deliveries = options.deliveries_max;
  CHECK(until([&] { return archived(1); }));
  check(table.archive.at(0).failure, "", "", FailureClass::kPoison, "");
  table.emit("test/words", std::string(kPayloadMax + 1, ' '), "large");
  CHECK(until([&] { return archived(2); }));
  check(table.archive.at(1).failure, "", "", FailureClass::kPayload, "");
}

TEST_CASE_METHOD(FailureFixture, "a run that is done after a resume has no failure") {
  bool refuses = true;
  workflow.find.script = [&](auto& item) { refuses ? item.fail("no", "5.1.1") : item.succeed("found"); };
  failure_of_only_run();
  refuses = false;
  REQUIRE(table.resume("e"));
  REQUIRE(until_over_time([&] { return archived(1); }, 60));  // resuming took the failed one out
  check(table.archive.at(0).failure, "", "", FailureClass::kNone, "");
}
