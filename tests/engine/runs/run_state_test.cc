// How a run's coroutine starts steps afresh or from checkpoints.
#include "engine/runs/run_state.h"

#include <catch2/catch.hpp>

using namespace pawl::engine;

namespace {

struct CountLetters final : Step<std::string, int> {
  CountLetters() : Step("count-letters", {}) {}
  std::string key(const std::string& in) const override { return in; }
  void execute(Batch<std::string, int>&) override {}
};

struct RunStateFixture {
  CountLetters count;
  int seen = 0;
  WorkflowDefinition workflow{
      "test-workflow", "test/event", [this](Run run, const Event&) { return count_word(run, count, seen); }, {&count}};

  static Workflow count_word(Run run, const CountLetters& step, int& seen) {
    const std::string word = "ratchet";
    const int letters = co_await run.step(step, word);
    seen = letters;
  }
};

}  // namespace

TEST_CASE_METHOD(RunStateFixture, "a checkpointed step is not started again: its output comes from the checkpoint") {
  StoredRun stored;
  stored.steps.push_back(StepSettled{.run = 1, .step = {"count-letters", "ratchet"}, .result = "7"});
  RunState run(workflow, stored);
  run.advance();
  CHECK(run.returned());
  CHECK(run.fresh.empty());
  CHECK(seen == 7);
}

TEST_CASE_METHOD(RunStateFixture, "a step without a checkpoint is started, and the run waits for it") {
  RunState run(workflow, {});
  run.advance();
  CHECK_FALSE(run.returned());
  REQUIRE(run.fresh.size() == 1);
  CHECK_FALSE(run.can_advance());
}
