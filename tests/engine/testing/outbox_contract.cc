// What is claimed, and beside what: sections written once, run against every outbox.
#include "tests/engine/testing/outbox_contract.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "tests/engine/testing/contract_worker.h"

namespace pawl::engine::contract {

namespace {

// Whatever is pending is claimed by a worker that dies of it, so many times.
void deliver(OutboxWorld& world, int times) {
  Worker worker(world);
  for (int delivery = 0; delivery < times; ++delivery) {
    worker.open();
    REQUIRE_FALSE(worker.claim(ClaimLimits{.max = 1000, .deliveries_max = 1000, .moving = {}}).empty());
  }
  worker.open();
}

}  // namespace

void check_claiming(const MakeOutboxWorld& make) {
  const auto world = make();
  Worker worker(*world);
  worker.open();
  SECTION("events are claimed in order of position, with all that they carry, and at most so many") {
    const Ids ids = emit(*world, 3, R"({"a": "é\"\\"})");
    const Events events = worker.claim(2);
    REQUIRE(ids_of(events) == Ids{ids[0], ids[1]});
    CHECK(events[0].position < events[1].position);
    CHECK(events[0].type == kType);
    CHECK(events[0].payload == R"({"a": "é\"\\"})");
    CHECK(events[0].left_out == 0);
    CHECK(events[0].deliveries == 1);
    CHECK(events[0].resumes == 0);
    CHECK(worker.claim_ids() == Ids{ids[2]});
    CHECK(worker.claim().empty());
  }
  SECTION("types that are not asked for are left alone") {
    world->emit("billing/invoice.paid", "{}");
    const Ids own = emit(*world, 1);
    CHECK(worker.claim_ids() == own);
    CHECK(worker.claim().empty());
  }
  SECTION("two workers never share an event") {
    Worker other(*world);
    other.open();
    emit(*world, 40);
    std::set<std::string> seen;
    std::size_t claimed = 0;
    for (int turn = 0; turn < 4; ++turn)
      for (const Worker* one : {&worker, &other})
        for (const std::string& id : one->claim_ids(7)) {
          seen.insert(id);
          ++claimed;
        }
    CHECK(claimed == 40);
    CHECK(seen.size() == 40);
  }
  SECTION("an event that commits late under a lower position is found") {
    const std::string late = world->emit_late(kType, [&] {
      const Ids early = emit(*world, 1);
      CHECK(worker.claim_ids(1) == early);
      CHECK(worker.claim().empty());
    });
    CHECK(ids_of(worker.find()) == Ids{late});
  }
  SECTION("a sleep comes to an end, and what was emitted is claimed after it") {
    CHECK(worker.claim().empty());
    worker.outbox->sleep(std::chrono::milliseconds{1});
    const Ids ids = emit(*world, 1);
    worker.outbox->sleep(std::chrono::milliseconds{1});
    CHECK(ids_of(worker.find()) == ids);
  }
}

void check_claimed_bytes(const MakeOutboxWorld& make) {
  const auto world = make();
  Worker worker(*world);
  worker.open();
  SECTION("no further event is claimed once their payloads have so many bytes, and later claims take the rest") {
    const Ids ids = emit(*world, 4, R"({"text": ")" + std::string(1000, 'x') + R"("})");
    const ClaimLimits limits{.max = 100, .moving = {}, .bytes = 2500};
    CHECK(ids_of(worker.claim(limits)) == Ids(ids.begin(), ids.begin() + 3));
    CHECK(ids_of(worker.claim(limits)) == Ids{ids[3]});
  }
  SECTION("one event is claimed whatever its bytes") {
    const Ids ids = emit(*world, 2, R"({"text": ")" + std::string(100'000, 'x') + R"("})");
    CHECK(ids_of(worker.claim(ClaimLimits{.max = 100, .moving = {}, .bytes = 1})) == Ids{ids[0]});
  }
  SECTION("of a payload that is too large only the size is claimed, what is beside it whole, and both are archived") {
    const std::string large = R"({"text": ")" + std::string(kPayloadMax, 'x') + R"("})";
    emit(*world, 1);
    emit(*world, 1, large);
    const Events events = worker.claim();
    REQUIRE(events.size() == 2);
    CHECK(events[0].payload == "{}");
    CHECK(events[1].payload.empty());
    CHECK(events[1].left_out == static_cast<std::int64_t>(large.size()));
    CHECK(worker.finish(events[1], RunStatus::kFailed, "too large") == 1);
    const bool is_whole = world->archive().at(0).payload == large;
    CHECK(is_whole);
  }
}

void check_several_workflows(const MakeOutboxWorld& make) {
  const std::string other = "log-test-event";
  const auto world = make();
  world->add_workflow(kType, kWorkflow);
  world->add_workflow(kType, other);
  const std::string id = world->emit(kType, "{}");

  SECTION("an event has a run for each workflow of its type; the first one's id is the event's") {
    Worker worker(*world, new_store(), {kWorkflow, other});
    worker.open();
    const Events runs = worker.claim();
    REQUIRE(runs.size() == 2);
    CHECK(runs[0].id == id);
    CHECK(runs[0].workflow == kWorkflow);
    CHECK(runs[0].further_run_of.empty());
    CHECK(runs[1].id != id);
    CHECK(runs[1].workflow == other);
    CHECK(event_id(runs[1]) == id);
    CHECK(worker.claim().empty());
  }
  SECTION("a worker claims the runs of its own workflows, and each ends by itself") {
    Worker first(*world);
    Worker second(*world, new_store(), {other});
    first.open();
    second.open();
    const Events firsts = first.claim();
    REQUIRE(ids_of(firsts) == Ids{id});
    CHECK(first.finish(firsts[0], RunStatus::kFailed, "refused") == 1);
    CHECK(first.claim().empty());
    REQUIRE(world->archive().size() == 1);
    const Events seconds = second.claim();
    REQUIRE(seconds.size() == 1);
    CHECK(event_id(seconds[0]) == id);
    CHECK(first.finish(seconds[0]) == 0);
    CHECK(second.finish(seconds[0]) == 1);
    CHECK(world->archive() == std::vector<ArchivedEvent>{{id, RunStatus::kFailed, "refused", "{}"},
                                                         {seconds[0].id, RunStatus::kDone, "", "{}"}});
  }
}

void check_quarantine(const MakeOutboxWorld& make) {
  const auto world = make();
  SECTION("what was in flight beside a crash comes back first and all at once, counted") {
    const Ids in_flight = emit(*world, 80);
    deliver(*world, 1);
    const Ids fresh = emit(*world, 5);
    Worker worker(*world);
    worker.open();
    const MovingRuns busy{.count = 100, .suspects = 64, .smallest = 8};
    const Events first = worker.claim(70, busy);
    CHECK(ids_of(first) == Ids(in_flight.begin(), in_flight.begin() + 70));
    CHECK(std::ranges::all_of(first, [](const Event& event) { return event.deliveries == 2; }));
    Ids rest(in_flight.begin() + 70, in_flight.end());
    rest.insert(rest.end(), fresh.begin(), fresh.end());
    CHECK(worker.claim_ids(100, busy) == rest);
    CHECK(worker.claim(100, busy).empty());
  }
  SECTION("P8: the fewer deliveries an event has left, the fewer move beside it") {
    const auto claimed_after = [&](int deliveries) {
      const auto own_world = make();
      emit(*own_world, 100);
      deliver(*own_world, deliveries);
      Worker worker(*own_world);
      worker.open();
      return worker.claim().size();
    };
    CHECK(claimed_after(1) == 100);
    CHECK(claimed_after(2) == 64);
    CHECK(claimed_after(3) == 8);
    CHECK(claimed_after(4) == 1);
    CHECK(claimed_after(5) == 100);  // which the worker sets aside unseen
  }
  SECTION("P8: suspects that move already keep others of their kind out, and no fresh event") {
    const Ids suspects = emit(*world, 10);
    deliver(*world, 2);
    const Ids fresh = emit(*world, 1);
    Worker worker(*world);
    worker.open();
    CHECK(worker.claim_ids(100, {.count = 63, .suspects = 63, .smallest = 64}) == Ids{suspects[0], fresh[0]});
    CHECK(worker.claim(100, {.count = 65, .suspects = 64, .smallest = 64}).empty());
  }
  SECTION("P8: an event on its last delivery is claimed when nothing moves, and nothing before it or with it") {
    const Ids last = emit(*world, 1);
    deliver(*world, 3);
    const Ids suspect = emit(*world, 1);
    deliver(*world, 1);
    const Ids fresh = emit(*world, 1);
    Worker worker(*world);
    worker.open();
    for (int turn = 0; turn < 3; ++turn) CHECK(worker.claim(100, {.count = 1}).empty());
    CHECK(worker.claim_ids() == last);
    CHECK(worker.claim(100, {.count = 1, .suspects = 1, .smallest = 1}).empty());
    CHECK(worker.claim_ids() == Ids{suspect[0], fresh[0]});
  }
}

}  // namespace pawl::engine::contract

namespace pawl::engine {

// In sections, so that a part makes its world only when it is its turn.
void check_contract(const MakeOutboxWorld& make) {
  SECTION("claiming") { contract::check_claiming(make); }
  SECTION("claimed bytes") { contract::check_claimed_bytes(make); }
  SECTION("several workflows") { contract::check_several_workflows(make); }
  SECTION("quarantine") { contract::check_quarantine(make); }
  SECTION("epochs") { contract::check_epochs(make); }
  SECTION("restarting") { contract::check_restarting(make); }
  SECTION("copied stores") { contract::check_copied_stores(make); }
  SECTION("finishing") { contract::check_finishing(make); }
  SECTION("resuming") { contract::check_resuming(make); }
  SECTION("marks") { contract::check_marks(make); }
  SECTION("cancelling") { contract::check_cancelling(make); }
}

}  // namespace pawl::engine
