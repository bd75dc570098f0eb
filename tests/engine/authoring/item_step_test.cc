// A step that does one item after the other: how each way to fail ends, and for whom.
#include "engine/authoring/item_step.h"

#include <catch2/catch.hpp>
#include <functional>
#include <map>
#include <set>
#include <vector>

#include "engine/authoring/define.h"
#include "engine/testing/world.h"

using namespace pawl::engine;
using pawl::testing::RunView;
using pawl::testing::World;

namespace {

class Nod final : public ItemStep<std::string, Done> {
 public:
  Nod() : ItemStep("nod", {}) {}
  Done execute_item(const Item<std::string, Done>&) override { return {}; }
};

Workflow nod(Run run, std::string word, const Nod& step) { co_await run.step(step, word); }

class SayWord final : public ItemStep<std::string, std::string> {
 public:
  SayWord() : ItemStep("say-word", {.retry = {.max_attempts = 3}}) {}
  std::string key(const std::string& word) const override { return word; }
  std::string execute_item(const Item<std::string, std::string>& item) override {
    ++calls[item.key()];
    keys.insert(idempotency_key(item));
    if (before) before(item);
    return item.input();
  }
  std::function<void(const Item<std::string, std::string>&)> before;
  std::map<std::string, int> calls;
  std::set<std::string> keys;
};

Workflow say(Run run, std::vector<std::string> words, const SayWord& step) {
  const auto said = run.start_each(step, words);
  co_await run.all(said);
}

struct ItemStepFixture {
  SayWord step;
  World world{{define<std::vector<std::string>>(
      {.name = "say-words",
       .event_type = "test/words",
       .body = [this](Run run, std::vector<std::string> words) { return say(run, std::move(words), step); },
       .steps = {&step}})}};

  std::string emit() { return world.emit("test/words", {"one", "two", "three"}); }
  static std::string result(const RunView& run, const std::string& key) {
    const StepSettled* step = run.step("say-word", key);
    return step ? step->result : "not settled";
  }
};

}  // namespace

TEST_CASE_METHOD(ItemStepFixture, "each item is done once, and its output is the step's") {
  const std::string id = emit();
  REQUIRE(world.finish());
  CHECK(result(world.run(id), "two") == R"("two")");
  CHECK(step.calls == std::map<std::string, int>{{"one", 1}, {"three", 1}, {"two", 1}});
}

TEST_CASE_METHOD(ItemStepFixture, "an item that is refused fails for good, and the others succeed") {
  step.before = [](const auto& item) {
    if (item.input() == "two") throw PermanentError("not that word");
  };
  const std::string id = emit();
  REQUIRE(world.finish());
  CHECK(world.run(id).reason == "say-word (two): not that word");
  CHECK(result(world.run(id), "three") == R"("three")");
  CHECK(step.calls["two"] == 1);
}

TEST_CASE_METHOD(ItemStepFixture,
                 "an item whose call throws anything else is tried again alone, as often as the policy says") {
  step.before = [](const auto& item) {
    if (item.input() == "two") throw std::runtime_error("try later");
  };
  const std::string id = emit();
  REQUIRE(world.finish());
  CHECK(world.run(id).step("say-word", "two")->failed);
  CHECK(step.calls == std::map<std::string, int>{{"one", 1}, {"three", 1}, {"two", 3}});
}

TEST_CASE_METHOD(ItemStepFixture, "a service that is down costs no attempt, and what was done before it stays done") {
  bool down = true;
  step.before = [&](const auto& item) {
    if (down && item.input() == "three") throw UnavailableError("nobody listens");
  };
  const std::string id = emit();
  world.pass(std::chrono::hours{1});
  CHECK(result(world.run(id), "one") == R"("one")");
  CHECK(result(world.run(id), "three") == "not settled");
  down = false;
  REQUIRE(world.finish());
  CHECK(world.run(id).step("say-word", "three")->attempt == 1);
  CHECK(step.calls["one"] == 1);
}

TEST_CASE_METHOD(ItemStepFixture,
                 "an item's key for the service is the same in every attempt and on every host, and its own") {
  step.before = [](const auto& item) {
    if (item.attempt() == 1) throw std::runtime_error("try later");
  };
  const std::string first = emit();
  world.pass(std::chrono::milliseconds{1});
  world.lose_host();
  const std::string second = emit();
  REQUIRE(world.finish());
  CHECK(step.calls["one"] > 2);
  CHECK(step.keys.size() == 6);
  CHECK(step.keys.contains("say-words/" + first + "/say-word/two"));
  CHECK(step.keys.contains("say-words/" + second + "/say-word/two"));
}

TEST_CASE("a step that has nothing to tell says that it is done") {
  Nod step;
  World world{
      {define<std::string>({.name = "nod-once",
                            .event_type = "test/word",
                            .body = [&step](Run run, std::string word) { return nod(run, std::move(word), step); },
                            .steps = {&step}})}};
  const std::string id = world.emit("test/word", "hello");
  REQUIRE(world.finish());
  CHECK(world.run(id).step("nod")->result == "{}");
  CHECK_NOTHROW(nlohmann::json::parse("{}").get<Done>());
}
