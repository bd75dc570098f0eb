// Several workflows for one event: each has a run of its own.
#include <algorithm>
#include <catch2/catch.hpp>

#include "engine/authoring/errors.h"
#include "engine/dispatch/workflow_steps.h"
#include "tests/engine/world.h"

using namespace pawl::engine;

namespace {

/// A workflow of this step alone, given the event's own id.
WorkflowDefinition workflow_of(const std::string& name, Step<std::string, std::string>& step) {
  return {.name = name,
          .event_type = "test/words",
          .start =
              [&step](Run run, const Event& event) {
                return [](Run r, std::string id, const Step<std::string, std::string>& one) -> Workflow {
                  co_await r.step(one, id);
                }(run, event_id(event), step);
              },
          .steps = {&step}};
}

struct Scene : RunnerWorld {
  ScriptedStep speak{"speak", {}};
  ScriptedStep count{"count", {}};

  ~Scene() { worker.reset(); }  // before its steps
  const WorkflowDefinition say = workflow_of("say-words", speak);
  const WorkflowDefinition tally = workflow_of("tally-words", count);

  void start(std::vector<WorkflowDefinition> workflows) {
    worker.reset();
    worker = std::make_unique<Worker>(table, store, clock, log, std::move(workflows), seed, options);
  }
  /// Of archived runs, as `EVENT WORKFLOW STATUS`, in order.
  std::vector<std::string> ends() const {
    std::vector<std::string> ends;
    for (const auto& archived : table.archive)
      ends.push_back(event_id(archived.event) + " " + archived.event.workflow + " " + to_string(archived.status));
    std::ranges::sort(ends);
    return ends;
  }
};

using Ends = std::vector<std::string>;

}  // namespace

TEST_CASE_METHOD(Scene, "P2: an event has one run in each workflow of its type, under an id of its own") {
  start({say, tally});
  emit("before");
  REQUIRE(until([&] { return archived(2); }));
  emit("after");
  REQUIRE(until([&] { return archived(4); }));
  CHECK(ends() ==
        Ends{"after say-words done", "after tally-words done", "before say-words done", "before tally-words done"});
  CHECK(speak.executions == std::map<std::string, int>{{"after/after", 1}, {"before/before", 1}});
  CHECK(count.executions ==
        std::map<std::string, int>{{"after/tally-words/after", 1}, {"before/tally-words/before", 1}});
  start({say, tally});
  turn(50);
  CHECK(table.archive.size() == 4);
}

TEST_CASE_METHOD(Scene, "P2: both runs of an event find theirs when they are delivered again") {
  start({say, tally});
  speak.script = [](auto& item) { item.retry("later", std::chrono::minutes{1}); };
  count.script = speak.script;
  emit("event");
  REQUIRE(until([&] { return worker->runner.status().waiting == 2; }));
  speak.script = count.script = nullptr;
  table.bury(worker->outbox.epoch());
  start({say, tally});
  REQUIRE(until_over_time([&] { return archived(2); }, 300));
  CHECK(speak.executions.at("event/event") == 2);
  CHECK(count.executions.at("event/tally-words/event") == 2);
  CHECK(store.recover().unfinished.empty());
  CHECK(store.find(std::vector<std::string>{"event", "event/tally-words"}).size() == 2);
}

TEST_CASE_METHOD(Scene, "P8: what is poison in one workflow of an event leaves its run in another alone") {
  bool crashed = false;
  speak.script = [&](auto& item) {
    crashed = crashed || item.effects_id() == "poison";
    item.succeed("spoken");
  };
  emit("poison");
  emit("innocent");
  int crashes = 0;
  for (int life = 0; life < 20 && !archived(4); ++life, crashes += crashed) {
    start({say, tally});
    crashed = false;
    for (int i = 0; i < 50'000 && !crashed && !archived(4); ++i) worker->runner.turn({});
  }
  CHECK(crashes <= options.deliveries_max);
  CHECK(ends() == Ends{"innocent say-words done", "innocent tally-words done", "poison say-words failed",
                       "poison tally-words done"});
}

TEST_CASE_METHOD(Scene, "a worker of one workflow neither ends nor delays an event's run in another") {
  table.add_workflow({"test/words", "say-words"});
  table.add_workflow({"test/words", "tally-words"});
  emit("event");
  start({tally});
  REQUIRE(until([&] { return archived(1); }));
  turn(50);
  CHECK(ends() == Ends{"event tally-words done"});
  REQUIRE(table.rows.size() == 1);
  CHECK(table.rows.begin()->second.event.deliveries == 0);
  start({say});
  REQUIRE(until([&] { return archived(2); }));
  CHECK(ends() == Ends{"event say-words done", "event tally-words done"});
}

TEST_CASE_METHOD(Scene, "a workflow that is added later runs for the events that are emitted from then on") {
  emit("before any workflow");
  start({say});
  REQUIRE(until([&] { return archived(1); }));
  count.script = [](auto& item) { item.succeed("counted"); };
  emit("before");
  start({say, tally});
  REQUIRE(until([&] { return archived(2); }));
  emit("after");
  REQUIRE(until([&] { return archived(4); }));
  turn(50);
  CHECK(ends() == Ends{"after say-words done", "after tally-words done", "before any workflow say-words done",
                       "before say-words done"});
}

TEST_CASE_METHOD(Scene, "an operator lets the failed run of an event go on, and not the one that is done") {
  bool refuse = true;
  speak.script = count.script = [&](auto& item) {
    if (refuse && item.workflow() == "tally-words")
      item.fail("no");
    else
      item.succeed("yes");
  };
  start({say, tally});
  emit("event");
  REQUIRE(until([&] { return archived(2); }));
  CHECK(ends() == Ends{"event say-words done", "event tally-words failed"});
  refuse = false;
  CHECK_FALSE(table.resume("event", "say-words"));
  CHECK(table.resume("event"));
  REQUIRE(until([&] { return archived(2); }));
  CHECK(ends() == Ends{"event say-words done", "event tally-words done"});
  CHECK(speak.executions.at("event/event") == 1);
}

TEST_CASE_METHOD(Scene, "a step that workflows share has one queue and one circuit for all of them") {
  bool down = false;
  speak.script = [&](auto& item) {
    if (down)
      item.unavailable("connection refused");
    else
      item.succeed("spoken");
  };
  start({say, workflow_of("repeat-words", speak)});
  emit("event");
  REQUIRE(until([&] { return archived(2); }));
  CHECK(speak.sizes == std::vector<std::size_t>{2});
  down = true;
  emit("another");
  REQUIRE(until([&] { return worker->runner.status().waiting == 2; }));
  CHECK(worker->runner.status().open_circuits.size() == 1);
}

TEST_CASE_METHOD(Scene, "a step that workflows share is tried again as each of them says") {
  speak.script = [](auto& item) { item.retry("no"); };
  WorkflowDefinition repeat = workflow_of("repeat-words", speak);
  repeat.retries[&speak] = {.first = std::chrono::seconds{1}, .longest = std::chrono::seconds{1}, .max_attempts = 2};
  start({say, repeat});
  emit("event");
  REQUIRE(until_over_time([&] { return archived(1); }, 60));
  CHECK(ends() == Ends{"event repeat-words failed"});
  CHECK(speak.executions.at("event/repeat-words/event") == 2);
  REQUIRE(until_over_time([&] { return archived(2); }, 3600));
  CHECK(speak.executions.at("event/event") == speak.options().retry.max_attempts);
}

TEST_CASE_METHOD(Scene, "different steps of one name are told apart where workflows have them, and only there") {
  ScriptedStep other{"speak", {}};
  const std::vector<WorkflowDefinition> workflows{say, workflow_of("repeat-words", other), tally};
  std::vector<std::string> names;
  for (const LaneSpec& lane : lane_specs(workflows)) names.push_back(lane.name);
  CHECK(names == Ends{"claim", "finish", "renew", "checkpoint", "say-words/speak", "repeat-words/speak", "count"});
  other.script = [](auto& item) { item.unavailable("connection refused"); };
  start(workflows);
  const auto guard = ends_with_scope();
  emit("event");
  REQUIRE(until([&] { return archived(2) && worker->runner.status().waiting == 1; }));
  CHECK(worker->runner.status().open_circuits.at(0).step == "repeat-words/speak");
  CHECK(ends() == Ends{"event say-words done", "event tally-words done"});
}

TEST_CASE_METHOD(Scene, "two workflows of one name are refused, and two steps of one name in a workflow") {
  CHECK_THROWS_WITH(start({say, workflow_of("say-words", count)}), Catch::Contains("say-words"));
  ScriptedStep other{"speak", {}};
  WorkflowDefinition twice = say;
  twice.steps.push_back(&other);
  CHECK_THROWS_WITH(start({twice}), Catch::Contains("step speak is declared twice"));
}

TEST_CASE_METHOD(Scene, "what is said of a run names its workflow and its event") {
  struct Names final : Observer {
    void on(const Notice& notice) override {
      if (notice.kind == NoticeKind::kRunEnded)
        ended.push_back(std::string(notice.run_id) + " " + std::string(notice.event_id) + " " +
                        std::string(notice.workflow));
    }
    std::vector<std::string> ended;
  } names;
  Worker other(table, store, clock, names, {say, tally}, seed, options);
  emit("event");
  for (int i = 0; i < 2000 && !archived(2); ++i) other.runner.turn({});
  std::ranges::sort(names.ended);
  CHECK(names.ended == Ends{"event event say-words", "event/tally-words event tally-words"});
}
