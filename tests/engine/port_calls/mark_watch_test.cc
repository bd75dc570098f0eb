// What operators ask of runs reaches them within two seconds, once, whatever the outbox and the store do meanwhile.
#include "engine/port_calls/mark_watch.h"

#include <catch2/catch.hpp>

#include "engine/authoring/errors.h"
#include "tests/engine/world.h"

using namespace pawl::engine;
using namespace std::chrono_literals;

namespace {

struct Retrying : RunnerWorld {
  bool busy = true;

  Retrying() {
    workflow.show.script = [this](auto& item) { busy ? item.retry("busy", 6h) : item.succeed("shown"); };
  }
  int shown(const std::string& id) const {
    const auto found = workflow.show.executions.find(id + "/did " + id);
    return found == workflow.show.executions.end() ? 0 : found->second;
  }
  bool marked() const { return table.rows.begin()->second.mark.has_value(); }
  StoredRun stored(const std::string& id) { return store.find(std::vector{id}).at(0); }
};

}  // namespace

TEST_CASE_METHOD(Retrying, "retry-now: a run that backs off for hours is tried at once, and its attempts count on") {
  const std::string id = emit();
  start();
  REQUIRE(until([&] { return worker->runner.status().waiting == 1; }));
  REQUIRE(table.retry_now(id, "ops", "they are back"));
  REQUIRE(until_over_time([&] { return shown(id) == 2; }, 4));
  REQUIRE(until([&] { return worker->runner.status().waiting == 1; }));
  CHECK(stored(id).retries.at(0).attempts == 2);
  CHECK(until_over_time([&] { return !marked(); }, 4));
  turn(200);
  CHECK(shown(id) == 2);  // once
  busy = false;
  REQUIRE(table.retry_now(id, "ops"));
  CHECK(until_over_time([&] { return archived(1); }, 4));
  CHECK(table.archive.at(0).status == RunStatus::kDone);
  CHECK(shown(id) == 3);
  CHECK(until([&] { return worker->runner.idle(); }));
}

TEST_CASE_METHOD(Retrying, "retry-now: what a run has waited in vain makes it no older") {
  ScriptedStep show("show-words", {.retry = {.first = 1min, .longest = 10h, .max_attempts = 0, .give_up_after = 10h}});
  show.script = [](auto& item) { item.retry("busy", 9h); };
  const std::string id = emit();
  worker = std::make_unique<Worker>(table, store, clock, log, std::vector{only(show)}, seed, options);
  const auto guard = ends_with_scope();
  for (int time = 1; time < 5; ++time) {
    REQUIRE(until([&] { return worker->runner.status().waiting == 1; }));
    REQUIRE(table.retry_now(id, "ops"));
    REQUIRE(until_over_time([&] { return show.executions[id + "/" + id] == time + 1; }, 4));
  }
  CHECK(table.archive.empty());
}

TEST_CASE_METHOD(Retrying, "retry-now: of a run in memory what backs off is tried at once beside what is out") {
  const std::string id = emit();
  start();
  worker->lanes.stick(6);  // send-words
  REQUIRE(until([&] { return shown(id) == 1; }));
  busy = false;
  REQUIRE(table.retry_now(id, "ops"));
  CHECK(until_over_time([&] { return shown(id) == 2; }, 4));
  worker->lanes.unstick(6);
  CHECK(until([&] { return archived(1); }));
}

TEST_CASE_METHOD(Retrying, "retry-now: where a paused step holds the run, it probes at once") {
  workflow.show.script = [this](auto& item) {
    busy ? item.unavailable("Postgres is away", {.first = 1h, .longest = 6h}) : item.succeed("shown");
  };
  const std::string id = emit();
  start();
  REQUIRE(until([&] { return worker->runner.status().waiting == 1; }));
  turn(200);
  const int before = shown(id);
  busy = false;
  REQUIRE(table.retry_now(id, "ops"));
  CHECK(until_over_time([&] { return archived(1); }, 4));
  CHECK(shown(id) == before + 1);
  CHECK(worker->runner.status().open_circuits.empty());
}

TEST_CASE_METHOD(Retrying, "retry-now: a run that may not move beside others yet is tried as soon as it may") {
  constexpr LaneId kFindLane = 4;
  options.deliveries_max = 3;  // of those delivered twice eight move
  for (int i = 0; i < 9; ++i) emit();
  const std::string id = table.rows.begin()->second.event.id;
  start();
  worker->lanes.stick(kFindLane);
  REQUIRE(until([&] { return worker->runner.status().moving == 9; }));
  busy = false;
  workflow.find.script = [&](auto& item) {
    if (item.attempt() > 1) return item.succeed("found");
    item.effects_id() == id ? item.retry("later", 6h) : item.retry("soon", 10s);
  };
  start();
  REQUIRE(until_over_time([&] { return worker->runner.status().waiting == 9; }, 5));
  worker->lanes.stick(kFindLane);
  REQUIRE(until_over_time([&] { return worker->runner.status().moving == 8; }, 60));
  REQUIRE(table.retry_now(id, "ops"));
  const auto tried = [&] { return workflow.find.executions[id + "/" + id]; };
  CHECK_FALSE(until_over_time([&] { return tried() > 1; }, 5));
  worker->lanes.unstick(kFindLane);
  CHECK(until_over_time([&] { return archived(9); }, 20));
}

TEST_CASE_METHOD(Retrying, "a mark that cannot be read or taken off is asked for again") {
  struct Shaky final : MemoryOutbox {
    using MemoryOutbox::MemoryOutbox;
    std::vector<Mark> marks(std::int64_t above) override {
      if (++asked % 2 == 1) throw UnavailableError("the connection was lost");
      return MemoryOutbox::marks(above);
    }
    void take_off(std::span<const Mark> marks) override {
      MemoryOutbox::take_off(marks);
      if (++taken_off == 1) throw UnavailableError("the connection was lost in commit");
    }
    int asked = 0;
    int taken_off = 0;
  } outbox(table);
  const std::string id = emit();
  InlineLanes lanes(1);
  Runner runner({outbox, store, clock, lanes, log}, {workflow.definition()}, options);
  runner.open();
  const auto over_time = [&](const std::function<bool()>& condition) {
    for (int i = 0; i < 2000 && !condition(); ++i) {
      runner.turn({});
      if (i % 40 == 0) clock.turn(1s);
    }
    return condition();
  };
  REQUIRE(over_time([&] { return runner.status().waiting == 1; }));
  REQUIRE(table.retry_now(id, "ops"));
  REQUIRE(over_time([&] { return shown(id) == 2; }));
  CHECK(over_time([&] { return !marked() && outbox.taken_off >= 2; }));
  CHECK(shown(id) == 2);
}

TEST_CASE_METHOD(Retrying, "more marks than one answer holds are all seen") {
  options.moving_max = 4000;
  const int count = static_cast<int>(kMarksMax) + 200;
  for (int i = 0; i < count; ++i) emit();
  start();
  REQUIRE(until([&] { return worker->runner.status().waiting == static_cast<std::size_t>(count); }, 20'000));
  for (const auto& [position, row] : table.rows) REQUIRE(table.cancel(row.event.id, "ops"));
  CHECK(until_over_time([&] { return archived(static_cast<std::size_t>(count)); }, 60));
  CHECK(worker->runner.status().cancelled == static_cast<std::uint64_t>(count));
  CHECK(worker->runner.status().waiting == 0);
}

TEST_CASE_METHOD(Retrying, "an idle worker asks for marks once a second, and for nothing else of them") {
  struct Counting final : MemoryOutbox {
    using MemoryOutbox::MemoryOutbox;
    std::vector<Mark> marks(std::int64_t above) override {
      ++asked;
      return MemoryOutbox::marks(above);
    }
    int asked = 0;
  } outbox(table);
  InlineLanes lanes(1);
  Runner runner({outbox, store, clock, lanes, log}, {workflow.definition()}, options);
  runner.open();
  for (int second = 0; second < 10; ++second) {
    for (int i = 0; i < 40; ++i) runner.turn({});
    clock.turn(1s);
  }
  CHECK(outbox.asked == 10);
}
