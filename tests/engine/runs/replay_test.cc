// Replay tells what happened and what would run next, and touches nothing.
#include "engine/runs/replay.h"

#include <catch2/catch.hpp>

#include "tests/engine/world.h"

using namespace pawl::engine;

namespace {

StepSettled settled(const std::string& step, const std::string& key, int at, bool failed = false) {
  StepSettled record{.run = 1, .step = {step, key}, .failed = failed, .result = failed ? "550" : "\"done\""};
  record.settled_at = Timestamp(std::chrono::seconds{at});
  return record;
}

struct Replayed : RunnerWorld {
  StoredRun stored;
  Replayed() {
    stored.run = 1;
    stored.event.id = "e";
    stored.steps = {settled("find-words", "e", 1), settled("show-words", "\"done\"", 3),
                    settled("send-words", "one", 2)};
    stored.steps[1].step.key = "done";
  }
  ReplayReport replayed() { return replay(workflow.definition(), stored); }
};

}  // namespace

TEST_CASE_METHOD(Replayed, "P7: replay executes no step and sends nothing") {
  const ReplayReport report = replayed();
  CHECK(workflow.find.executions.empty());
  CHECK(workflow.show.executions.empty());
  CHECK(workflow.send.executions.empty());
  CHECK(report.mismatches.empty());
}

TEST_CASE_METHOD(Replayed, "replay lists what happened in order and what would run next") {
  const ReplayReport report = replayed();
  REQUIRE(report.happened.size() == 3);
  CHECK(report.happened[1].step.key == "one");
  REQUIRE(report.next.size() == 1);
  CHECK(report.next[0] == StepKey{"send-words", "two"});
  CHECK_FALSE(report.returned);
}

TEST_CASE_METHOD(Replayed, "replay shows an execution between two attempts as waiting") {
  stored.retries.push_back({{"send-words", "two"}, 2, "451", {}, {}});
  const ReplayReport report = replayed();
  CHECK(report.next.empty());
  REQUIRE(report.waiting.size() == 1);
  CHECK(report.waiting[0].attempts == 2);
}

TEST_CASE_METHOD(Replayed, "replay reports a checkpoint that today's code never asks for") {
  stored.steps.push_back(settled("send-pigeon", "", 4));
  CHECK(replayed().mismatches ==
        std::vector<std::string>{"the checkpoint of send-pigeon is never asked for by today's code"});
}

TEST_CASE_METHOD(Replayed, "replay reports an end that today's code would not reach") {
  stored.status = RunStatus::kDone;
  CHECK(replayed().mismatches ==
        std::vector<std::string>{"the run ended done, but today's code would go on with send-words (two)"});
}

TEST_CASE_METHOD(Replayed, "replay of a failed run fails as the run did") {
  stored.steps.push_back(settled("send-words", "two", 4, true));
  stored.status = RunStatus::kFailed;
  const ReplayReport report = replayed();
  CHECK(report.failure == "send-words (two): 550");
  CHECK(report.mismatches.empty());
}

TEST_CASE_METHOD(Replayed, "replay reports a checkpoint that today's code cannot read") {
  stored.steps[0].result = "{\"an\": \"object\"}";
  stored.status = RunStatus::kDone;
  const ReplayReport report = replayed();
  CHECK(report.failure.find("today's code cannot read its checkpoint") != std::string::npos);
  CHECK_FALSE(report.mismatches.empty());
}
