// An hour without the relay, or without Postgres, with a hundred thousand events waiting: simulated time.

#include <catch2/catch.hpp>

#include "engine/authoring/errors.h"
#include "tests/engine/world.h"

using namespace pawl::engine;
using namespace std::chrono_literals;

namespace {

constexpr int kEvents = 20'000;

struct Outage : RunnerWorld {
  Outage() {
    options.lease = 24h;  // nobody else is about
    workflow.send.script = [this](auto& item) {
      attempts = std::max(attempts, item.attempt());
      ++sent;
      down ? item.unavailable("connection refused") : item.succeed("sent");
    };
  }
  /// Turns until nothing is left to do at this moment, watching the window.
  void settle() {
    for (int quiet = 0; quiet < 12; ++quiet) {
      const auto before = worker->runner.status();
      worker->runner.turn({});
      const auto after = worker->runner.status();
      moving_most = std::max(moving_most, after.moving);
      if (before.claimed != after.claimed || before.moving != after.moving || before.waiting != after.waiting ||
          before.checkpoint_groups != after.checkpoint_groups)
        quiet = 0;
    }
  }
  bool down = true;
  int attempts = 0;
  int sent = 0;
  std::size_t moving_most = 0;
};

}  // namespace

TEST_CASE_METHOD(Outage, "P9: an hour without the relay burns nothing, holds memory, and ends without a stampede") {
  for (int i = 0; i < kEvents; ++i) emit();
  start();
  for (int minute = 0; minute < 60; ++minute) {
    settle();
    clock.turn(1min);
  }
  const RunnerStatus after_an_hour = worker->runner.status();
  REQUIRE(after_an_hour.waiting + after_an_hour.moving == kEvents);
  CHECK(after_an_hour.moving <= 1);  // that which asks whether the relay is back
  CHECK(sent < 5000);                // those in flight when it began, and probes
  down = false;
  bool fresh_was_kept_waiting = false;
  for (int second = 0; second < 120 && !archived(kEvents); ++second) {
    const std::string fresh = emit();
    settle();
    fresh_was_kept_waiting |= workflow.show.executions.count(fresh + "/did " + fresh) == 0 &&
                              workflow.find.executions.count(fresh + "/" + fresh) == 0;
    clock.turn(1s);
  }
  CHECK(archived(kEvents));
  CHECK_FALSE(fresh_was_kept_waiting);
  CHECK(attempts == 1);
  CHECK(moving_most <= options.moving_max);
  for (const auto& ended : table.archive) REQUIRE(ended.status == RunStatus::kDone);
}

TEST_CASE_METHOD(Outage, "P9: an hour without Postgres burns nothing, and all that waits drains when it is back") {
  constexpr std::size_t kBacklog = 20'000;
  options.lease = 30s;
  const auto needs_postgres = [this](auto& item) {
    if (!table.outage.empty()) throw UnavailableError(table.outage);
    attempts = std::max(attempts, item.attempt());
    item.succeed("done");
  };
  workflow.find.script = workflow.show.script = workflow.send.script = needs_postgres;
  for (std::size_t i = 0; i < kBacklog; ++i) emit();
  start();
  REQUIRE(until([&] { return archived(3000); }, 100'000));
  table.outage = "connection refused";
  for (int second = 0; second < 3600; second += 5) {
    turn(10);
    moving_most = std::max(moving_most, worker->runner.status().moving);
    clock.turn(5s);
  }
  CHECK_FALSE(worker->runner.status().outbox_error.empty());
  table.outage.clear();
  REQUIRE(until_over_time([&] { return archived(kBacklog); }, 600));
  CHECK(attempts == 1);
  CHECK(worker->runner.status().attempts_failed == 0);
  CHECK(moving_most <= options.moving_max);
  for (const auto& ended : table.archive) REQUIRE(ended.status == RunStatus::kDone);
}

TEST_CASE_METHOD(RunnerWorld, "a missing privilege burns no attempt: the step is paused and says why") {
  bool refused = true;
  workflow.show.script = [&](auto& item) {
    if (refused) throw RefusedError("insert notifications: permission denied for table notifications; grant it");
    CHECK(item.attempt() == 1);
    item.succeed("shown");
  };
  for (int i = 0; i < 20; ++i) emit();
  start();
  REQUIRE(until([&] { return worker->runner.status().waiting == 20; }));
  REQUIRE(worker->runner.status().open_circuits.size() == 1);
  CHECK(worker->runner.status().open_circuits[0].reason ==
        "insert notifications: permission denied for table notifications; grant it");
  for (int minute = 0; minute < 60; ++minute) {
    turn(60);
    clock.turn(1min);
  }
  refused = false;
  REQUIRE(until_over_time([&] { return archived(20); }, 120));
  for (const auto& ended : table.archive) CHECK(ended.status == RunStatus::kDone);
  CHECK(worker->runner.status().attempts_failed == 0);
}

TEST_CASE_METHOD(RunnerWorld, "F16: a step that finds no file descriptor left pauses and burns no attempt") {
  bool exhausted = true;
  workflow.send.script = [&](auto& item) {
    if (exhausted) throw std::system_error(std::make_error_code(std::errc::too_many_files_open), "socket");
    item.succeed("sent");
  };
  emit();
  start();
  REQUIRE(until([&] { return worker->runner.status().waiting == 1; }));
  CHECK(worker->runner.status().open_circuits.size() == 1);
  exhausted = false;
  REQUIRE(until_over_time([&] { return archived(1); }, 120));
  CHECK(worker->runner.status().attempts_failed == 0);
}

TEST_CASE_METHOD(RunnerWorld, "P8: of 500 in one batch only the poisons fail, and no innocent loses an attempt") {
  std::set<std::string> poisons;
  for (int i = 0; i < 500; ++i) {
    const std::string id = emit();
    if (i == 0 || i == 17 || i == 18 || i == 250 || i == 499) poisons.insert(id);
  }
  int tries = 0;
  workflow.find.script = [&](auto& item) {
    if (!poisons.contains(item.effects_id())) CHECK(item.attempt() == 1);
    if (poisons.contains(item.effects_id())) throw std::runtime_error("poison");
    ++tries;
    item.succeed("found");
  };
  start();
  REQUIRE(until_over_time([&] { return archived(500); }, 3000));
  CHECK(*std::max_element(workflow.find.sizes.begin(), workflow.find.sizes.end()) == 500);
  CHECK(tries == 495);  // what has settled before a call throws is not repeated
  for (const auto& ended : table.archive)
    CHECK((ended.status == RunStatus::kFailed) == poisons.contains(ended.event.id));
}
