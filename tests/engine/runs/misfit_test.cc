// Runs that another build of the workflow began.
#include <catch2/catch.hpp>

#include "engine/runs/replay.h"
#include "tests/engine/world.h"

using namespace pawl::engine;

namespace {

/// A build of the workflow that no longer sends words.
struct NewBuild {
  ScriptedStep find{"find-words", {}};
  ScriptedStep show{"show-words", {}};

  static Workflow run(Run run, std::string id, const NewBuild& steps) {
    const std::string found = co_await run.step(steps.find, id);
    co_await run.step(steps.show, found);
  }
  WorkflowDefinition definition(const std::string& name = "say-words") {
    return {name,
            "test/words",
            [this](Run run, const Event& event) { return NewBuild::run(run, event.id, *this); },
            {&find, &show}};
  }
};

/// The old build recorded text; this one wants a number.
struct CountingBuild {
  class Find final : public Step<std::string, int> {
   public:
    Find() : Step("find-words", {}) {}
    std::string key(const std::string& input) const override { return input; }
    void execute(Batch<std::string, int>& batch) override {
      for (auto& item : batch) item.succeed(1);
    }
  };
  Find find;

  static Workflow run(Run run, std::string id, const CountingBuild& steps) { co_await run.step(steps.find, id); }
  WorkflowDefinition definition() {
    return {"say-words",
            "test/words",
            [this](Run run, const Event& event) { return CountingBuild::run(run, event.id, *this); },
            {&find}};
  }
};

struct Builds : RunnerWorld {
  NewBuild build;

  ~Builds() { worker.reset(); }  // before its steps

  void start_new_build(const std::string& workflow_name = "say-words") {
    worker.reset();
    worker =
        std::make_unique<Worker>(table, store, clock, log, std::vector{build.definition(workflow_name)}, seed, options);
  }
  /// A run not stored yet is like a running one here.
  StoredRun stored(const std::string& id) {
    const auto found = store.find(std::vector{id});
    return found.empty() ? StoredRun{} : found.front();
  }
  /// Begun by the old build, it waits for another attempt of one step.
  std::string waiting_run() {
    workflow.send.script = [](auto& item) {
      if (item.key() == "two" && item.attempt() == 1) return item.retry("451 later");
      item.succeed("sent");
    };
    const std::string id = emit();
    start();
    REQUIRE(until([&] { return stored(id).status == RunStatus::kWaiting; }));
    return id;
  }
  bool parks(const std::string& id, const std::string& reason) {
    return until_over_time(
        [&] {
          const StoredRun run = stored(id);
          return run.status == RunStatus::kWaiting && run.reason.find(reason) != std::string::npos;
        },
        120);
  }
  void old_build_ends_it(const std::string& id) {
    start();
    REQUIRE(until_over_time([&] { return archived(1); }, 120));
    CHECK(stored(id).status == RunStatus::kDone);
    CHECK(workflow.find.executions.at(id + "/" + id) == 1);
    CHECK(workflow.send.executions.at(id + "/one") == 1);
    CHECK(workflow.send.executions.at(id + "/two") == 2);
  }
};

}  // namespace

TEST_CASE_METHOD(Builds,
                 "F18: a run of a workflow that the worker does not run is set free and ends where it was begun") {
  const std::string id = waiting_run();
  start_new_build("say-other-words");
  CHECK(until([&] { return worker->runner.idle(); }));
  CHECK(log.counts[NoticeKind::kRunsLeft] == 1);
  CHECK(log.counts[NoticeKind::kRunMisfit] == 0);
  CHECK(table.rows.begin()->second.lease_epoch == 0);
  CHECK(stored(id).status == RunStatus::kWaiting);
  CHECK(table.archive.empty());
  old_build_ends_it(id);
}

TEST_CASE_METHOD(Builds, "F18: a run that was set free ends in another worker's store, and is superseded in its own") {
  const std::string id = waiting_run();
  start_new_build("say-other-words");
  MemoryCheckpoints others("other-store");
  auto other = std::make_unique<Worker>(table, others, clock, log, std::vector{workflow.definition()}, seed, options);
  REQUIRE(until_over_time(
      [&] {
        other->runner.turn({});
        return archived(1);
      },
      120));
  CHECK(table.archive.front().status == RunStatus::kDone);
  other.reset();
  start();
  CHECK(until([&] { return stored(id).status == RunStatus::kSuperseded; }));
  CHECK_THAT(stored(id).reason,
             Catch::EndsWith("another one finished it or has taken it over, or this is another database"));
}

TEST_CASE_METHOD(Builds, "F18: a run that waits for a step unknown to this build is parked, not ended without it") {
  const std::string id = waiting_run();
  start_new_build();
  CHECK(parks(id, "step send-words (two)"));
  CHECK(table.archive.empty());
  old_build_ends_it(id);
}

TEST_CASE_METHOD(Builds,
                 "F18: a run whose recorded output no longer parses is parked and ends under a build that reads it") {
  const std::string id = waiting_run();
  worker.reset();
  CountingBuild counting;
  worker = std::make_unique<Worker>(table, store, clock, log, std::vector{counting.definition()}, seed, options);
  const auto guard = ends_with_scope();
  CHECK(parks(id, "cannot read its checkpoint"));
  CHECK(table.archive.empty());
  old_build_ends_it(id);
}

namespace {

/// Finds words under another name, so that nothing of what the old build recorded is asked for before it has executed.
struct RenamedBuild {
  ScriptedStep find{"look-words-up", {}};
  ScriptedStep send{"send-words", {}};

  static Workflow run(Run run, std::string id, const RenamedBuild& steps) {
    co_await run.step(steps.find, id);
    const std::string one = "one", two = "two";
    co_await run.step(steps.send, one);
    co_await run.step(steps.send, two);
  }
  WorkflowDefinition definition() {
    return {"say-words",
            "test/words",
            [this](Run run, const Event& event) { return RenamedBuild::run(run, event.id, *this); },
            {&find, &send}};
  }
};

}  // namespace

TEST_CASE_METHOD(Builds, "F18: nothing of a run executes before all that it waits for was asked for, as replay says") {
  const std::string id = waiting_run();
  worker.reset();
  RenamedBuild renamed;
  const auto report = replay(renamed.definition(), stored(id));
  REQUIRE_FALSE(report.mismatches.empty());
  CHECK(report.mismatches.back() ==
        "step send-words (two): it waits for an attempt, but today's code never asks for it");

  worker = std::make_unique<Worker>(table, store, clock, log, std::vector{renamed.definition()}, seed, options);
  const auto guard = ends_with_scope();
  CHECK(parks(id, report.mismatches.back()));
  CHECK(renamed.find.executions.empty());
  CHECK(renamed.send.executions.empty());
  worker.reset();
  old_build_ends_it(id);
}

TEST_CASE_METHOD(Builds, "F18: a misfit whose event is delivered again while it is being parked stays parked") {
  seed = GENERATE(range(1, 11));
  const std::string id = waiting_run();
  start_new_build();
  clock.turn(std::chrono::hours{1});
  REQUIRE(until([&] { return log.counts[NoticeKind::kRunMisfit] == 1; }));
  store.refuse_writes("disk full");
  for (auto& [position, row] : table.rows) row.lease_epoch = 0;  // the claim was forgotten by a crash of Postgres
  turn(200);
  store.refuse_writes({});
  CHECK(parks(id, "does not fit this build"));
  clock.turn(std::chrono::minutes{1});
  turn(200);
  CHECK(stored(id).event.deliveries > 1);
  CHECK(stored(id).status == RunStatus::kWaiting);
}

TEST_CASE_METHOD(RunnerWorld, "an event is archived without what its workflow says to be secret, also once it waited") {
  WorkflowDefinition definition = workflow.definition();
  definition.payload_to_keep = [](const std::string&) { return std::string(R"("kept")"); };
  definition.payload_to_archive = [](const std::string& payload) {
    return payload == R"("plain")" ? std::nullopt : std::make_optional("[\"safe\", " + payload + "]");
  };
  worker = std::make_unique<Worker>(table, store, clock, log, std::vector{definition}, seed, options);
  const auto guard = ends_with_scope();
  table.emit("test/words", R"("plain")", "plain");
  table.emit("test/words", R"("secret")", "secret");
  REQUIRE(until([&] { return archived(2); }));
  for (const auto& archived : table.archive)
    CHECK(archived.event.payload == (archived.event.id == "plain" ? R"("plain")" : R"(["safe", "secret"])"));

  workflow.send.script = [](auto& item) {  // parked, and read from the store again
    if (item.key() == "two" && item.attempt() == 1) return item.retry("451 later");
    item.succeed("sent");
  };
  table.emit("test/words", R"("secret")", "waiting");
  REQUIRE(until_over_time([&] { return archived(3); }, 120));
  CHECK(table.archive.back().event.payload == R"(["safe", "kept"])");
}

TEST_CASE_METHOD(RunnerWorld, "an event whose workflow does not say what to archive, or cannot, is archived redacted") {
  WorkflowDefinition definition = workflow.definition();
  options.redact_payload = [](const std::string& payload) {
    return payload == R"("secret")" ? std::make_optional<std::string>(R"("[redacted]")") : std::nullopt;
  };
  SECTION("it is not asked") {}
  SECTION("it says nothing") {
    definition.payload_to_archive = [](const std::string&) { return std::nullopt; };
  }
  SECTION("it throws") {
    definition.payload_to_archive = [](const std::string&) -> std::optional<std::string> { throw 42; };
  }
  SECTION("it cannot say what to keep either") {
    definition.payload_to_archive = definition.payload_to_keep = [](const std::string&) -> std::string { throw 42; };
  }
  worker = std::make_unique<Worker>(table, store, clock, log, std::vector{definition}, seed, options);
  const auto guard = ends_with_scope();
  table.emit("test/words", R"("secret")", "secret");
  table.emit("test/words", R"("plain")", "plain");
  REQUIRE(until([&] { return archived(2); }));
  for (const auto& archived : table.archive)
    CHECK(archived.event.payload == (archived.event.id == "plain" ? R"("plain")" : R"("[redacted]")"));
}

TEST_CASE_METHOD(RunnerWorld, "P1: a workflow or a step that throws what is no exception fails its own run") {
  WorkflowDefinition definition = workflow.definition();
  definition.payload_to_keep = [&](const std::string& payload) {
    if (payload == "bad") throw 42;
    return payload;
  };
  workflow.find.script = [](auto& item) {
    if (item.effects_id() == "bad step") throw 42;
    item.succeed("found");
  };
  worker = std::make_unique<Worker>(table, store, clock, log, std::vector{definition}, seed, options);
  const auto guard = ends_with_scope();
  table.emit("test/words", "bad", "bad payload");
  table.emit("test/words", "good", "bad step");
  for (int i = 0; i < 5; ++i) emit();
  REQUIRE(until_over_time([&] { return archived(7); }, 24 * 60 * 60));
  for (const auto& archived : table.archive) {
    INFO(archived.event.id << ": " << archived.reason);
    CHECK((archived.status == RunStatus::kFailed) == archived.event.id.starts_with("bad"));
    if (archived.status == RunStatus::kFailed)
      CHECK_THAT(archived.reason, Catch::Contains("something that is no std::exception"));
  }
}

TEST_CASE_METHOD(RunnerWorld, "P1: a workflow that cannot say what to keep of a payload fails its own run, resumably") {
  WorkflowDefinition definition = workflow.definition();
  bool broken = true;
  definition.payload_to_keep = [&](const std::string& payload) {
    if (broken && payload.find("bad") != std::string::npos) throw std::out_of_range("no such field");
    return payload;
  };
  worker = std::make_unique<Worker>(table, store, clock, log, std::vector{definition}, seed, options);
  const auto guard = ends_with_scope();
  table.emit("test/words", R"({"bad": 1})", "bad");
  for (int i = 0; i < 5; ++i) emit();
  REQUIRE(until([&] { return archived(6); }));
  for (const auto& archived : table.archive) {
    CHECK((archived.status == RunStatus::kFailed) == (archived.event.id == "bad"));
    if (archived.event.id == "bad")
      CHECK(archived.reason == "workflow say-words cannot say what to keep of the payload: no such field");
  }
  broken = false;
  REQUIRE(table.resume("bad"));
  REQUIRE(until([&] { return archived(6); }));
  CHECK(table.archive.back().status == RunStatus::kDone);
}
