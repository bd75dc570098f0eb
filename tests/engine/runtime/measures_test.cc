// What the runtime counts: by workflow and step, and how long things took.
#include <catch2/catch.hpp>

#include "tests/engine/world.h"

using namespace pawl::engine;
using namespace std::chrono_literals;

namespace {

struct MeasuresFixture : RunnerWorld {
  ExecutionCounts counts_of(const std::string& step) const {
    for (const auto& one : worker->runner.measures().executions)
      if (one.step == step && one.workflow == "say-words") return one.counts;
    FAIL("not counted: " << step);
    return {};
  }
};

}  // namespace

TEST_CASE("a value is counted in the first bucket that ends at it or above") {
  SizeHistogram sizes;
  for (const std::int64_t size : {1, 2, 3, 5'000, 5'001}) sizes.add(size);
  CHECK(sizes.counts[0] == 1);
  CHECK(sizes.counts[1] == 1);
  CHECK(sizes.counts[2] == 1);
  CHECK(sizes.counts[kSizeBounds.size() - 1] == 1);
  CHECK(sizes.counts[kSizeBounds.size()] == 1);
  CHECK(sizes.sum == 10'007);
  CHECK(sizes.total() == 5);
  DurationHistogram durations;
  durations.add(-5s);
  CHECK(durations.counts[0] == 1);
  CHECK(durations.sum == 0);
}

TEST_CASE_METHOD(MeasuresFixture, "executions are counted by workflow and step, by how they ended") {
  int tries = 0;
  workflow.find.script = [&](auto& item) { ++tries == 1 ? item.retry("later") : item.succeed("found"); };
  workflow.send.script = [](auto& item) {
    item.remark(item.key() == "one" ? Remark::kSuppressed : Remark::kInDoubt);
    item.key() == "one" ? item.skip("not wanted") : item.fail("in doubt");
  };
  start();
  CHECK(counts_of("find-words").started == 0);
  emit("e");
  REQUIRE(until_over_time([&] { return archived(1); }, 60));
  const ExecutionCounts found = counts_of("find-words");
  CHECK(found.started == 2);
  CHECK(found.retried == 1);
  CHECK(found.succeeded == 1);
  CHECK(found.failed == 0);
  const ExecutionCounts sent = counts_of("send-words");
  CHECK(sent.started == 2);
  CHECK(sent.succeeded == 1);
  CHECK(sent.suppressed == 1);
  CHECK(sent.failed == 1);
  CHECK(sent.in_doubt == 1);
  CHECK(counts_of("show-words").succeeded == 1);
}

TEST_CASE_METHOD(MeasuresFixture, "calls, claims, commits and runs are measured, and runs end to end") {
  workflow.find.before = [&](std::size_t) { clock.turn(3s); };
  start();
  emit("e");
  REQUIRE(until([&] { return archived(1); }));
  const Measures measures = worker->runner.measures();
  CHECK(measures.steps.at(0).step == "find-words");
  CHECK(measures.steps.at(0).calls.duration.total() == 1);
  CHECK(measures.steps.at(0).calls.duration.sum == Duration(3s).count());
  CHECK(measures.steps.at(2).calls.batch.total() == 1);
  CHECK(measures.steps.at(2).calls.batch.sum == 2);
  CHECK(measures.workflows.at(0).workflow == "say-words");
  CHECK(measures.workflows.at(0).runs.done == 1);
  CHECK(measures.workflows.at(0).runs.failed == 0);
  CHECK(measures.workflows.at(0).runs.end_to_end.total() == 1);
  CHECK(measures.workflows.at(0).runs.end_to_end.sum >= Duration(3s).count());
  CHECK(measures.claims.events.total() == 1);
  CHECK(measures.claims.events.sum == 1);
  CHECK(measures.commits.records.total() == measures.commits.duration.total());
  CHECK(measures.commits.records.sum >= 5);  // the run's start, three steps' ends and one more, the run's end
}

TEST_CASE_METHOD(MeasuresFixture, "a run that was resumed is not measured end to end a second time") {
  bool refused = true;
  workflow.find.script = [&](auto& item) { refused ? item.fail("refused") : item.succeed("found"); };
  start();
  emit("e");
  REQUIRE(until([&] { return archived(1); }));
  refused = false;
  REQUIRE(table.resume("e"));
  REQUIRE(until([&] { return archived(1); }));
  const RunMeasures measured = worker->runner.measures().workflows.at(0).runs;
  CHECK(measured.failed == 1);
  CHECK(measured.done == 1);
  CHECK(measured.end_to_end.total() == 1);
}

TEST_CASE_METHOD(MeasuresFixture, "runs that a paused step holds are counted while it does") {
  bool down = true;
  workflow.find.script = [&](auto& item) { down ? item.unavailable("no route") : item.succeed("found"); };
  start();
  for (const char* id : {"a", "b", "c"}) emit(id);
  REQUIRE(until([&] { return worker->runner.measures().steps.at(0).held == 3; }));
  down = false;
  REQUIRE(until_over_time([&] { return archived(3); }, 120));
  CHECK(worker->runner.measures().steps.at(0).held == 0);
}

TEST_CASE("measures of an earlier registration are added where the steps are the same") {
  Measures before, now;
  for (Measures* measures : {&before, &now}) {
    measures->steps.push_back({"send", {}, 4});
    measures->executions.push_back({"w", "send", {.started = 3}});
    measures->workflows.push_back({"w", {.done = 2}});
    measures->claims.events.add(7);
  }
  now.add(before);
  CHECK(now.executions[0].counts.started == 6);
  CHECK(now.workflows[0].runs.done == 4);
  CHECK(now.claims.events.sum == 14);
  CHECK(now.steps[0].held == 4);
  now.add({});
  CHECK(now.executions[0].counts.started == 6);
}
