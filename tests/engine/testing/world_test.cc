// The world that workflows are tested in: what passes in it, and what survives.
#include "engine/testing/world.h"

#include <catch2/catch.hpp>
#include <functional>
#include <vector>

#include "engine/authoring/define.h"
#include "engine/authoring/item_step.h"

using namespace pawl::engine;
using pawl::testing::World;
using namespace std::chrono_literals;

namespace {

class Work final : public ItemStep<std::string, int> {
 public:
  explicit Work(std::string name) : ItemStep(std::move(name), {.retry = {.first = 1h, .longest = 1h}}) {}
  int execute_item(const Item<std::string, int>& item) override {
    ++calls;
    if (before) before(item.attempt());
    return item.attempt();
  }
  std::function<void(int attempt)> before;
  int calls = 0;
};

Workflow work(Run run, std::string word, const Work& first, const Work& second) {
  co_await run.step(first, word);
  co_await run.step(second, word);
}

struct WorldFixture {
  Work first{"do-first"}, second{"do-second"};
  World world{
      {define<std::string>({.name = "do-work",
                            .event_type = "test/work",
                            .body = [this](Run run, std::string word) { return work(run, word, first, second); },
                            .steps = {&first, &second}})}};
};

const auto kOnce = [](int attempt) {
  if (attempt == 1) throw std::runtime_error("try later");
};

}  // namespace

TEST_CASE_METHOD(WorldFixture, "time passes only as the test lets it") {
  second.before = kOnce;
  const std::string id = world.emit("test/work", "go");
  const Timestamp began = world.clock().now();
  world.pass(10min);
  CHECK(world.clock().now() - began == 10min);
  CHECK(world.run(id).status == RunStatus::kWaiting);
  CHECK(world.run(id).step("do-first")->attempt == 1);
  CHECK(world.run(id).step("do-second") == nullptr);
  CHECK_FALSE(world.finish(1min));
  REQUIRE(world.finish());
  CHECK(world.run(id).step("do-second")->attempt == 2);
  CHECK(world.clock().now() - began < 62min);  // half an hour to an hour, and a hundredth
}

TEST_CASE_METHOD(WorldFixture, "a worker that crashes goes on behind the last checkpoint") {
  second.before = kOnce;
  const std::string id = world.emit("test/work", "go");
  world.pass(1min);
  world.crash();
  REQUIRE(world.finish());
  CHECK(world.run(id).status == RunStatus::kDone);
  CHECK(first.calls == 1);
  CHECK(second.calls == 2);
}

TEST_CASE_METHOD(WorldFixture, "where the host is lost with its checkpoints, another does all of it again") {
  second.before = kOnce;
  const std::string ended = world.emit("test/work", "go");
  REQUIRE(world.finish());
  const std::string id = world.emit("test/work", "go");
  world.pass(1min);
  world.lose_host();
  second.before = nullptr;
  REQUIRE(world.finish());
  CHECK(world.run(id).status == RunStatus::kDone);
  CHECK(world.run(ended).status == RunStatus::kDone);
  CHECK(first.calls == 3);
}

TEST_CASE_METHOD(WorldFixture, "a failed run goes on where an operator resumes it") {
  second.before = [](int) { throw PermanentError("no"); };
  const std::string id = world.emit("test/work", "go");
  REQUIRE(world.finish());
  CHECK(world.run(id).reason == "do-second: no");
  second.before = nullptr;
  REQUIRE(world.resume(id));
  REQUIRE(world.finish());
  CHECK(world.run(id).status == RunStatus::kDone);
  CHECK(first.calls == 1);
  CHECK_FALSE(world.resume(id));
}

TEST_CASE("a workflow is given all that a producer says of an event, and each has a run of its own") {
  Work step{"do-first"};
  std::vector<std::string> given;
  const auto workflow = [&](const std::string& name) {
    return define<std::string>(
        {.name = name,
         .event_type = "test/work",
         .body =
             [&](Run run, std::string word, const Event& event) {
               given = {event.aggregate_type, event.aggregate_id, event.tenant, event.traceparent};
               if (event.workflow == "count-work") word = "fail";
               return [](Run r, std::string input, const Work& one) -> Workflow {
                 if (input == "fail") throw PermanentError("counted");
                 co_await r.step(one, input);
               }(run, word, step);
             },
         .steps = {&step}});
  };
  World world({workflow("do-work"), workflow("count-work")});
  const std::string id = world.emit("test/work", "go", {"order", "1001", "acme", "00-1-2-01"});
  const std::string counted = world.run_id(id, "count-work");
  CHECK(world.run_id(id, "do-work") == id);
  REQUIRE(world.finish());
  CHECK(given == std::vector<std::string>{"order", "1001", "acme", "00-1-2-01"});
  CHECK(world.run(id).status == RunStatus::kDone);
  CHECK(world.run(counted).reason == "counted");
  CHECK(world.run_id(id, "count-work") == counted);
  CHECK(world.resume(counted));
  CHECK_THROWS_AS(world.run_id(id, "no-work"), std::out_of_range);
}

TEST_CASE_METHOD(WorldFixture, "a run that nobody began is not there to be looked at") {
  CHECK_THROWS_AS(world.run("event-1"), std::out_of_range);
}
