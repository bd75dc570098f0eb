// What the engine says of an outbox that does not answer, and how it goes on.
#include <catch2/catch.hpp>

#include "engine/authoring/errors.h"
#include "tests/engine/world.h"

using namespace pawl::engine;

TEST_CASE_METHOD(RunnerWorld, "an outage of the outbox is outlasted and reported") {
  start();
  table.outage = "connection refused";
  turn(20);
  CHECK(worker->runner.status().outbox_error == "connection refused");
  emit();
  table.outage.clear();
  REQUIRE(until_over_time([&] { return archived(1); }, 30));
  CHECK(worker->runner.status().outbox_error.empty());
  CHECK(log.counts[NoticeKind::kOutboxDown] == 1);
  CHECK(log.counts[NoticeKind::kOutboxUp] == 1);
}

TEST_CASE_METHOD(RunnerWorld, "a trouble of the outbox that begins while another lasts is told as well") {
  struct DeniedOutbox final : MemoryOutbox {
    using MemoryOutbox::MemoryOutbox;
    std::vector<Event> claim(const ClaimRequest& request) override {
      if (claim_denied) throw UnavailableError("claim: denied");
      return MemoryOutbox::claim(request);
    }
    std::size_t finish(std::span<const FinishedEvent> finished) override {
      if (finish_denied) throw UnavailableError("archive: denied");
      return MemoryOutbox::finish(finished);
    }
    bool claim_denied = false;
    bool finish_denied = false;
  } outbox(table);
  InlineLanes lanes(1);
  Runner runner({outbox, store, clock, lanes, log}, {workflow.definition()}, options);
  runner.open();
  const auto run_for = [&](int seconds) {
    for (int second = 0; second < seconds; ++second, clock.turn(std::chrono::seconds{1}))
      for (int turns = 0; turns < 40; ++turns) runner.turn({});
  };
  emit();
  outbox.finish_denied = true;
  run_for(10);
  outbox.claim_denied = true;
  run_for(10);
  CHECK(log.counts[NoticeKind::kOutboxDown] == 1);
  outbox.finish_denied = false;
  run_for(10);
  CHECK(log.counts[NoticeKind::kOutboxDown] == 2);
  CHECK(log.lines.back().ends_with("claim: denied"));
  CHECK(log.counts[NoticeKind::kOutboxUp] == 0);
  outbox.claim_denied = false;
  run_for(10);
  CHECK(log.counts[NoticeKind::kOutboxDown] == 2);
  CHECK(log.counts[NoticeKind::kOutboxUp] == 1);
}

TEST_CASE_METHOD(RunnerWorld,
                 "of two copies of a store under supervisors that always start again, one gives way for good") {
  MemoryCheckpoints one, other(one);
  const auto start_on = [&](MemoryCheckpoints& copy) {
    return std::make_unique<MemoryWorker>(table, copy, clock, log, std::vector{workflow.definition()}, 1, options);
  };
  auto first = start_on(one);
  const auto second = start_on(other);
  CHECK_THROWS_AS(
      [&] {
        for (int turns = 0; turns < 100; ++turns, clock.turn(std::chrono::seconds{1})) first->runner.turn({});
      }(),
      LeaseLostError);
  CHECK_THROWS_AS(first->runner.open(), StoreCopiedError);
  for (int starts = 0; starts < 5; ++starts) {
    first.reset();
    CHECK_THROWS_AS(first = start_on(one), StoreCopiedError);
    CHECK_NOTHROW(second->outbox.renew());
  }
  second->outbox.release({});
  CHECK_NOTHROW(first = start_on(one));
  CHECK_NOTHROW(first->outbox.renew());
  CHECK(one.recover().lost_to == 0);
}

TEST_CASE_METHOD(RunnerWorld, "a worker is not idle while a claim whose answer never came may hold events") {
  struct UnsureOutbox final : MemoryOutbox {
    using MemoryOutbox::MemoryOutbox;
    bool may_have_missed() const override { return unsure; }
    bool unsure = true;
  } outbox(table);
  InlineLanes lanes(1);
  Runner runner({outbox, store, clock, lanes, log}, {workflow.definition()}, options);
  runner.open();
  const auto run_for_a_minute = [&] {
    for (int second = 0; second < 60; ++second, clock.turn(std::chrono::seconds{1})) runner.turn({});
  };
  run_for_a_minute();
  CHECK_FALSE(runner.idle());
  outbox.unsure = false;
  run_for_a_minute();
  CHECK(runner.idle());
}

TEST_CASE_METHOD(RunnerWorld, "P9: an event that the archive refuses keeps no other's end waiting") {
  struct RefusingOutbox final : MemoryOutbox {
    using MemoryOutbox::MemoryOutbox;
    std::size_t finish(std::span<const FinishedEvent> finished) override {
      for (const FinishedEvent& event : finished)
        if (event.run_id == refused) throw RefusedError("archive: denied");
      return MemoryOutbox::finish(finished);
    }
    std::string refused;
  } outbox(table);
  InlineLanes lanes(1);
  Runner runner({outbox, store, clock, lanes, log}, {workflow.definition()}, options);
  runner.open();
  outbox.refused = emit();
  for (int i = 0; i < 300; ++i) emit();
  for (int second = 0; second < 120; ++second, clock.turn(std::chrono::seconds{1}))
    for (int turns = 0; turns < 40; ++turns) runner.turn({});
  CHECK(table.archive.size() == 300);
  outbox.refused.clear();
  for (int second = 0; second < 20; ++second, clock.turn(std::chrono::seconds{1}))
    for (int turns = 0; turns < 40; ++turns) runner.turn({});
  CHECK(table.archive.size() == 301);
}

TEST_CASE_METHOD(RunnerWorld,
                 "an outbox is asked once a second for nothing while there is no room, until the worker drains") {
  struct AskedOutbox final : MemoryOutbox {
    using MemoryOutbox::MemoryOutbox;
    std::vector<Event> claim(const ClaimRequest& request) override {
      if (request.limits.max == 0) ++asked_for_nothing;
      return MemoryOutbox::claim(request);
    }
    int asked_for_nothing = 0;
  } outbox(table);
  workflow.find.script = [](auto& item) { item.retry("still down"); };
  options.waiting_max = 1;
  emit();
  emit();
  InlineLanes lanes(1);
  Runner runner({outbox, store, clock, lanes, log}, {workflow.definition()}, options);
  runner.open();
  const auto run_for_a_minute = [&] {
    for (int second = 0; second < 60; ++second, clock.turn(std::chrono::seconds{1}))
      for (int turn = 0; turn < 10; ++turn) runner.turn({});
  };
  run_for_a_minute();
  CHECK(outbox.asked_for_nothing > 30);
  CHECK(outbox.asked_for_nothing <= 61);
  runner.drain();
  const int before = outbox.asked_for_nothing;
  run_for_a_minute();
  CHECK(outbox.asked_for_nothing == before);
}
