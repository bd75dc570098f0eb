// Runs of many items, and events of many bytes: what they cost, and where they end.
#include <catch2/catch.hpp>

#include "engine/faults/work_count.h"
#include "engine/runs/run_state.h"
#include "tests/engine/world.h"

using namespace pawl::engine;
using namespace std::chrono_literals;

namespace {

// Sends as many words as `count` says.
struct FanOut : RunnerWorld {
  ScriptedStep send{"send-words", {}};

  ~FanOut() { worker.reset(); }  // before its steps
  int count = 0;

  static Workflow run_all(Run run, int count, const ScriptedStep& send) {
    std::vector<std::string> words;
    for (int i = 0; i < count; ++i) words.push_back(std::to_string(i));
    const auto sent = run.start_each(send, words);
    co_await run.all(sent);
  }
  void open() {
    const WorkflowDefinition definition{
        "say-words", "test/words", [this](Run run, const Event&) { return run_all(run, count, send); }, {&send}};
    worker = std::make_unique<Worker>(table, store, clock, log, std::vector{definition}, seed, options);
  }
  const auto& last() const { return table.archive.back(); }
};

}  // namespace

TEST_CASE_METHOD(FanOut, "a run may have ten thousand items, and one more fails it before any is executed") {
  const int items = GENERATE(10'000, 10'001);
  count = items;
  open();
  emit();
  REQUIRE(until([&] { return archived(1); }, 20'000));
  CHECK(send.executions.size() == (items == 10'000 ? 10'000 : 0));
  CHECK(last().status == (items == 10'000 ? RunStatus::kDone : RunStatus::kFailed));
  if (items == 10'000) return;
  CHECK(last().reason.find("asks for 10001 more; a run has at most 10000") != std::string::npos);
}

#ifdef PAWL_CRASH_POINTS
TEST_CASE("what an item costs does not grow with the items of its run") {
  const auto looks_per_item = [](int items) {
    FanOut fan_out;
    fan_out.count = items;
    fan_out.open();
    fan_out.emit();
    const std::uint64_t before = looks_counted();
    REQUIRE(fan_out.until([&] { return fan_out.archived(1); }, 20'000));
    return (looks_counted() - before) / static_cast<std::uint64_t>(items);
  };
  const std::uint64_t few = looks_per_item(500), many = looks_per_item(8'000);
  CAPTURE(few, many);
  CHECK(few > 0);
  CHECK(many <= 2 * few);  // with the logarithm of what is looked up in order
}
#endif

TEST_CASE_METHOD(FanOut, "an output of more than a mebibyte fails its item with its size, and no other run") {
  const std::size_t bytes = GENERATE(kOutputMax - 2, kOutputMax);  // as JSON it has two quotes
  send.script = [&](auto& item) { item.succeed(item.key() == "1" ? std::string(bytes, 'x') : "sent"); };
  count = 2;
  open();
  emit();
  REQUIRE(until([&] { return archived(1); }));
  CHECK(last().status == (bytes + 2 > kOutputMax ? RunStatus::kFailed : RunStatus::kDone));
  if (bytes + 2 > kOutputMax)
    CHECK(last().reason.find("its output of 1048578 bytes is more than the 1048576") != std::string::npos);
  count = 1;
  emit();
  REQUIRE(until([&] { return archived(2); }));
  CHECK(last().status == RunStatus::kDone);
}

TEST_CASE_METHOD(FanOut, "runs of many items take the place of others in the window, but for an eighth of it") {
  options.moving_max = 80;
  options.claim_max = 5;
  count = 160;  // counts ten beside the run
  send.script = [](auto& item) { item.retry("later", 1h); };
  send.before = [&](std::size_t) { CHECK(worker->runner.status().moving <= 15); };
  open();
  for (int i = 0; i < 60; ++i) emit();
  turn(400);
  CHECK(worker->runner.status().claimed == 60);
}

TEST_CASE_METHOD(FanOut, "some of many items may wait, and each goes on when it is due") {
  count = 600;
  send.script = [](auto& item) {
    if (item.attempt() == 1 && std::stoi(item.key()) % 3 == 0) return item.retry("later", 5s);
    item.succeed("sent");
  };
  open();
  emit();
  REQUIRE(until_over_time([&] { return archived(1); }, 60));
  CHECK(last().status == RunStatus::kDone);
  CHECK(worker->runner.status().attempts_failed == 200);
}
