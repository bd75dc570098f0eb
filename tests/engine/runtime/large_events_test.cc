// Events of many bytes: how many are claimed at once, and what becomes of one that is too large.
#include <catch2/catch.hpp>

#include "tests/engine/world.h"

using namespace pawl::engine;

namespace {

struct Large : RunnerWorld {
  std::string emit_bytes(std::size_t bytes) {
    table.now = clock.now();
    return table.emit("test/words", std::string(bytes, ' '));
  }
};

}  // namespace

TEST_CASE_METHOD(Large, "payloads in memory are bounded by their bytes, and all events are done in the end") {
  options.payloads_max = 10 << 20;
  std::size_t most = 0;
  workflow.show.before = [&](std::size_t) { most = std::max(most, worker->runner.status().moving); };
  for (int i = 0; i < 100; ++i) emit_bytes(1 << 20);
  start();
  REQUIRE(until([&] { return archived(100); }, 20'000));
  CHECK(most <= 10);
  CHECK(most > 1);
}

TEST_CASE_METHOD(Large, "an event whose payload is too large fails with its size, and those beside it do not") {
  const std::string large = emit_bytes(static_cast<std::size_t>(kPayloadMax) + 1);
  emit_bytes(10);
  start();
  REQUIRE(until([&] { return archived(2); }));
  for (const auto& ended : table.archive) {
    CHECK(ended.withheld == (ended.event.id == large ? kPayloadMax + 1 : 0));
    CHECK((ended.status == RunStatus::kFailed) == (ended.event.id == large));
    if (ended.event.id == large) CHECK(ended.reason.find("its payload of 16777217 bytes") != std::string::npos);
  }
}
