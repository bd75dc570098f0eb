// Beginning a run anew: at a step, with what had settled before it, and under the keys of the run that was first.
#include <catch2/catch.hpp>

#include "engine/runs/inherited_steps.h"
#include "engine/runs/replay.h"
#include "tests/engine/world.h"

using namespace pawl::engine;
using namespace std::chrono_literals;

namespace {

/// Finds, then shows and sends two words, under keys that are the same whatever the event.
struct Words {
  ScriptedStep find{"find-words", {}};
  ScriptedStep show{"show-words", {}};
  ScriptedStep send{"send-words", {}};

  static Workflow run(Run run, const Words& steps) {
    const std::string all = "all";
    const std::string found = co_await run.step(steps.find, all);
    const std::vector<std::string> words{"one", "two"};
    const auto shown = run.start(steps.show, all);
    const auto sent = run.start_each(steps.send, words);
    co_await run.all(shown, sent);
  }
  WorkflowDefinition definition() {
    return {"say-words",
            "test/words",
            [this](Run run, const Event&) { return Words::run(run, *this); },
            {&find, &show, &send}};
  }
};

struct Rerun : RunnerWorld {
  Words words;
  bool refused = true;
  std::map<std::string, bool> again;  ///< What send-words was told of each word.

  ~Rerun() { worker.reset(); }  // before its steps

  Rerun() {
    words.send.script = [this](auto& item) {
      again[item.key()] = item.again();
      refused&& item.key() == "two" ? item.fail("550 no such user") : item.succeed("sent");
    };
  }
  void open(MemoryCheckpoints& with) {
    worker.reset();
    worker = std::make_unique<Worker>(table, with, clock, log, std::vector{words.definition()}, seed, options);
  }
  int executed(const ScriptedStep& step, const std::string& name) const {
    const auto found = step.executions.find(name);
    return found == step.executions.end() ? 0 : found->second;
  }
  /// Emits an event and runs it to its failure.
  std::string fail() {
    const std::string id = emit();
    open(store);
    REQUIRE(until([&] { return archived(1); }));
    REQUIRE(table.archive.at(0).status == RunStatus::kFailed);
    refused = false;
    clock.turn(1h);
    return id;
  }
  StoredRun stored(const std::string& id) { return store.find(std::vector{id}).at(0); }
};

}  // namespace

TEST_CASE_METHOD(Rerun, "a rerun begins at its step with what began no later, and keeps the keys of effects") {
  const std::string id = fail();
  const std::string again_id = table.rerun(id, "send-words");
  REQUIRE_FALSE(again_id.empty());
  REQUIRE(until([&] { return archived(2); }));
  CHECK(table.archive.at(1).status == RunStatus::kDone);
  CHECK(table.archive.at(1).event.lineage->parent == id);
  CHECK(executed(words.find, id + "/all") == 1);  // taken over
  CHECK(executed(words.show, id + "/all") == 1);  // began beside it
  CHECK(executed(words.send, id + "/one") == 2);  // under the key of the first run, which refuses it
  CHECK(executed(words.send, id + "/two") == 2);
  CHECK(executed(words.send, again_id + "/one") == 0);
  CHECK(again.at("one"));
  const StoredRun run = stored(again_id);
  CHECK(run.event.lineage->effects_of == id);
  CHECK(run.event.lineage->from_step == "send-words");
  CHECK(run.steps.size() == 4);
  CHECK(replay(words.definition(), run).mismatches.empty());
  CHECK(stored(id).status == RunStatus::kFailed);
}

TEST_CASE_METHOD(Rerun, "a step of a run that was resumed knows that a receiver may have seen it") {
  const std::string id = fail();
  CHECK_FALSE(again.at("two"));
  REQUIRE(table.resume(id));
  REQUIRE(until([&] { return archived(1); }));
  CHECK(again.at("two"));
}

TEST_CASE_METHOD(Rerun, "a rerun of a rerun still keeps the keys of the run that was first") {
  const std::string id = fail();
  const std::string second = table.rerun(id);
  REQUIRE(until([&] { return archived(2); }));
  const std::string third = table.rerun(second);
  REQUIRE(until([&] { return archived(3); }));
  CHECK(stored(third).event.lineage->parent == second);
  CHECK(stored(third).event.lineage->effects_of == id);
  CHECK(executed(words.send, id + "/one") == 3);
}

TEST_CASE_METHOD(Rerun, "a rerun that is to send again has keys of its own") {
  const std::string id = fail();
  const std::string again_id = table.rerun(id, "send-words", true);
  REQUIRE(until([&] { return archived(2); }));
  CHECK(executed(words.send, id + "/one") == 1);
  CHECK(executed(words.send, again_id + "/one") == 1);
  CHECK(executed(words.send, again_id + "/two") == 1);
  CHECK_FALSE(again.at("one"));
}

TEST_CASE_METHOD(Rerun,
                 "a failed rerun from a step goes on only where it has taken steps over, and does none of those") {
  const std::string id = fail();
  refused = true;
  const std::string again_id = table.rerun(id, "send-words", true);
  REQUIRE(until([&] { return archived(2); }));
  CHECK(table.archive.at(1).resumable == Resumable::kHere);
  refused = false;
  REQUIRE(table.resume(again_id));
  REQUIRE(until([&] { return archived(2); }));
  CHECK(table.archive.at(1).status == RunStatus::kDone);
  CHECK(executed(words.find, again_id + "/all") == 0);
  CHECK(executed(words.send, again_id + "/two") == 2);
}

TEST_CASE_METHOD(Rerun,
                 "P5: while a rerun does its effects, neither its parent nor another rerun does them beside it") {
  const std::string id = fail();
  REQUIRE_FALSE(table.rerun(id).empty());
  CHECK(table.rerun(id).empty());
  CHECK_FALSE(table.resume(id));
  REQUIRE(until([&] { return archived(2); }));
  CHECK_FALSE(table.resume(id));  // it is dismissed
}

TEST_CASE_METHOD(Rerun, "without a step a rerun begins at its beginning, and takes nothing over") {
  const std::string id = fail();
  REQUIRE_FALSE(table.rerun(id).empty());
  REQUIRE(until([&] { return archived(2); }));
  CHECK(table.archive.at(1).status == RunStatus::kDone);
  CHECK(executed(words.find, id + "/all") == 2);
}

TEST_CASE_METHOD(Rerun, "a rerun from a step that never began fails with the names of those that did") {
  const std::string id = fail();
  REQUIRE_FALSE(table.rerun(id, "send-pigeons").empty());
  REQUIRE(until([&] { return archived(2); }));
  CHECK(table.archive.at(1).status == RunStatus::kFailed);
  CHECK(table.archive.at(1).reason == "rerun " + id +
                                          " from send-pigeons: no such step began in that run; those that did: "
                                          "find-words, send-words, show-words");
  CHECK_FALSE(table.resume(table.archive.at(1).event.id));  // it would end the same
}

TEST_CASE_METHOD(Rerun, "a rerun from a step fails where the checkpoints do not hold its parent") {
  const std::string id = fail();
  REQUIRE_FALSE(table.rerun(id, "send-words").empty());
  table.rows.begin()->second.only_store = false;
  table.rows.begin()->second.store.clear();
  MemoryCheckpoints other{"other-store"};
  open(other);
  REQUIRE(until([&] { return archived(2); }));
  CHECK(table.archive.at(1).status == RunStatus::kFailed);
  CHECK(table.archive.at(1).reason ==
        "rerun " + id +
            " from send-words: these checkpoints do not hold that run; rerun it without a step, or where its "
            "checkpoints are");
}

TEST_CASE_METHOD(Rerun, "P3: a worker that dies at any turn of a rerun does nothing of what was taken over again") {
  const std::string id = fail();
  for (int turns = 0; turns < 30; ++turns) {
    const std::size_t ended = table.archive.size();
    REQUIRE_FALSE(table.rerun(id, "send-words").empty());
    open(store);
    turn(turns);
    open(store);
    INFO("died after " << turns << " turns");
    REQUIRE(until_over_time([&] { return archived(ended + 1); }, 10));
    CHECK(table.archive.back().status == RunStatus::kDone);
    CHECK(executed(words.find, id + "/all") == 1);
  }
}

TEST_CASE("what began no later than the step is taken over, failures too, and what began after it is not") {
  const auto at = [](int second) { return Timestamp(std::chrono::seconds{second}); };
  const auto step = [&](const std::string& name, int from, int to, bool failed = false) {
    return StepSettled{
        .run = 7, .step = {name, ""}, .failed = failed, .result = "1", .started_at = at(from), .settled_at = at(to)};
  };
  StoredRun parent;
  parent.steps = {step("find", 1, 2), step("guess", 2, 3, true), step("show", 4, 6), step("tell", 5, 7),
                  step("send", 5, 9)};
  parent.retries = {{{"send", "slow"}, 2, "451", at(4), at(5), at(6)}};
  Event event;
  event.lineage = Lineage{.parent = "p", .from_step = "send"};
  const Inherited inherited = inherited_steps(event, {parent});
  CHECK(inherited.refusal.empty());
  REQUIRE(inherited.steps.size() == 3);
  CHECK(inherited.steps[0].step.step == "find");
  CHECK(inherited.steps[1].step.step == "guess");
  CHECK(inherited.steps[2].step.step == "show");
  event.lineage = Lineage{.parent = "p"};
  CHECK(inherited_steps(event, {}).steps.empty());
  CHECK(inherited_steps(event, {}).refusal.empty());
}
