// Who comes is greeted, on the real engine, without a database or waiting.
#include "workflows/say_hello/workflow.h"

#include <catch2/catch.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/testing/world.h"

using namespace pawl;

namespace {

/// Keeps what would be written, and is away for its first call.
class RememberGreeting final : public engine::ItemStep<say_hello::Visitor, std::string> {
 public:
  RememberGreeting() : ItemStep("write-greeting", {}) {}
  std::string execute_item(const engine::Item<say_hello::Visitor, std::string>& item) override {
    if (calls++ == 0) throw std::runtime_error("not now");
    return greeted.emplace_back("Hello, " + item.input().name);
  }

  int calls = 0;
  std::vector<std::string> greeted;
};

}  // namespace

TEST_CASE("who comes is greeted by name, once, though the first attempt fails") {
  RememberGreeting step;
  pawl::testing::World world{{say_hello::definition(step)}};
  const std::string id = world.emit("say_hello/visitor.came", {{"name", "Ada"}});
  REQUIRE(world.finish());
  CHECK(world.run(id).status == engine::RunStatus::kDone);
  CHECK(step.greeted == std::vector<std::string>{"Hello, Ada"});
}
