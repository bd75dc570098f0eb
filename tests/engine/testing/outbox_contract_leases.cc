// Whose an event is, and how it ends: sections written once, run against every outbox.
#include <algorithm>
#include <catch2/catch.hpp>

#include "engine/authoring/errors.h"
#include "tests/engine/testing/contract_worker.h"
#include "tests/engine/testing/outbox_contract.h"

namespace pawl::engine::contract {

namespace {

Ids by_id(Ids ids) {
  std::sort(ids.begin(), ids.end());
  return ids;
}

WaitingEvent waiting(const Event& event) { return {event.id, event.position}; }

/// A worker that has claimed so many events, all there are, and another one that has none.
struct Claimed {
  Claimed(const MakeOutboxWorld& make, int count) : world(make()), worker(*world), other(*world) {
    worker.open();
    other.open();
    ids = emit(*world, count);
    events = worker.claim();
    REQUIRE(events.size() == static_cast<std::size_t>(count));
  }

  std::unique_ptr<OutboxWorld> world;
  Worker worker, other;
  Ids ids;
  Events events;
};

Ids marked(const Worker& one, std::int64_t above = 0) {
  Ids found;
  for (const Mark& mark : one.outbox->marks(above)) found.push_back(mark.id);
  return found;
}

}  // namespace

void check_epochs(const MakeOutboxWorld& make) {
  const auto world = make();
  Worker worker(*world), other(*world);
  worker.open();
  const Ids ids = emit(*world, 2);
  const Events events = worker.claim();
  REQUIRE(events.size() == 2);
  SECTION("events of a dead epoch are freed by any worker and delivered a second time") {
    other.open();
    CHECK(other.claim().empty());
    world->expire(worker.epoch);
    const Events freed = other.find();
    REQUIRE(ids_of(freed) == ids);
    CHECK(freed[0].deliveries == 2);
  }
  SECTION("a zombie's claim, finish, renew and release change nothing") {
    world->expire(worker.epoch);
    other.open();
    const Events taken = other.find();
    REQUIRE(ids_of(taken) == ids);
    CHECK_THROWS_AS(worker.finish(events[0]), LeaseLostError);
    CHECK_THROWS_AS(worker.outbox->renew(), LeaseLostError);
    CHECK_THROWS_AS(worker.outbox->release(std::vector{events[0].position}), LeaseLostError);
    emit(*world, 1);
    CHECK_THROWS_AS(worker.claim(), LeaseLostError);
    CHECK(world->archive().empty());
    CHECK(other.finish(taken[0]) == 1);
  }
  SECTION("released events come back as if never delivered, and the others stay leased") {
    for (int repeat = 0; repeat < 2; ++repeat) worker.outbox->release(std::vector{events[1].position});
    other.open();
    const Events taken = other.find();
    REQUIRE(ids_of(taken) == Ids{ids[1]});
    CHECK(taken[0].deliveries == 1);
    CHECK(other.claim().empty());
  }
}

void check_restarting(const MakeOutboxWorld& make) {
  const auto world = make();
  Worker crashed(*world), restarted(*world, crashed.store), other(*world);
  crashed.open();
  const Ids ids = emit(*world, 3);
  const Events events = crashed.claim();
  REQUIRE(events.size() == 3);
  SECTION("a restart with the same store keeps what waits and frees what moved") {
    const Registered registered = restarted.open({waiting(events[0])}, {ids[1]});
    CHECK(registered.foreign.empty());
    CHECK(registered.epoch > crashed.epoch);
    const Events again = restarted.find();
    CHECK(ids_of(again) == Ids{ids[1], ids[2]});
    CHECK(again.at(0).deliveries == 2);
    CHECK(restarted.claim().empty());
    CHECK(restarted.finish(events[0]) == 1);
    CHECK_THROWS_AS(crashed.outbox->renew(), LeaseLostError);
  }
  SECTION("after a clean stop what was moving counts as not delivered") {
    crashed.outbox->release({});
    restarted.open({waiting(events[0])}, {ids[1]});
    const Events again = restarted.find();
    CHECK(ids_of(again) == Ids{ids[1], ids[2]});
    CHECK(again.at(0).deliveries == 1);
  }
  SECTION("what waits is kept also after its lease was over, as long as nobody has claimed it") {
    crashed.outbox->release({});
    world->expire(crashed.epoch);
    other.open();
    const Events taken = other.find(1);
    REQUIRE(ids_of(taken) == Ids{ids[0]});
    CHECK(restarted.open({waiting(events[0]), waiting(events[1])}, {}).foreign == Ids{ids[0]});
    CHECK(ids_of(restarted.find()) == Ids{ids[2]});
    world->expire(restarted.epoch);
    const Events freed = other.find();
    REQUIRE_FALSE(freed.empty());
    CHECK(freed[0].id == ids[1]);
    CHECK(freed[0].deliveries == 2);  // it was delivered once, to the run that waited
  }
  SECTION("events finished, held elsewhere or unknown are foreign, whether they waited or moved") {
    CHECK(crashed.finish(events[0]) == 1);
    world->expire(crashed.epoch);
    other.open();
    const Ids taken = ids_of(other.find());
    REQUIRE(taken == Ids{ids[1], ids[2]});
    const std::string unknown = new_store();
    const Registered registered = restarted.open({waiting(events[0]), waiting(events[1])}, {ids[2], unknown});
    CHECK(by_id(registered.foreign) == by_id({ids[0], ids[1], ids[2], unknown}));
  }
  SECTION("P9: an event that was resumed meanwhile is not kept for the run of an earlier delivery") {
    world->expire(crashed.epoch);
    other.open();
    const Events taken = other.find();
    REQUIRE(taken.size() == 3);
    REQUIRE(other.finish(taken[0], RunStatus::kFailed, "refused") == 1);
    REQUIRE(world->resume(ids[0]));
    CHECK(restarted.open({waiting(events[0])}).foreign == Ids{ids[0]});
    CHECK(ids_of(other.find()) == Ids{ids[0]});
  }
  SECTION("opening again under the same object starts a new epoch") {
    const std::int64_t before = crashed.epoch;
    crashed.open({waiting(events[0])}, {ids[1], ids[2]});
    CHECK(crashed.epoch > before);
    CHECK(ids_of(crashed.find()) == Ids{ids[1], ids[2]});
  }
}

void check_copied_stores(const MakeOutboxWorld& make) {
  const auto world = make();
  Worker crashed(*world), restarted(*world, crashed.store);
  crashed.open();
  restarted.open();
  CHECK_THROWS_AS(crashed.outbox->renew(), LeaseLostError);
  try {
    crashed.open();
    FAIL("took the other's epoch in turn");
  } catch (const StoreCopiedError& error) {
    CHECK(error.epoch() == restarted.epoch);
  }
  CHECK_NOTHROW(restarted.outbox->renew());
  Worker again(*world, crashed.store);
  again.lost_to = restarted.epoch;
  CHECK_THROWS_AS(again.open(), StoreCopiedError);
  SECTION("of two workers on copies of a store, the first is told of the other, also after that has registered anew") {
    restarted.open();
    CHECK_THROWS_AS(again.open(), StoreCopiedError);
    CHECK_NOTHROW(restarted.outbox->renew());
  }
  SECTION("and starts once the other has stopped") {
    restarted.outbox->release({});
    CHECK_NOTHROW(again.open());
  }
  SECTION("and starts once the other is dead") {
    world->expire(restarted.epoch);
    CHECK_NOTHROW(again.open());
  }
}

void check_finishing(const MakeOutboxWorld& make) {
  const auto world = make();
  Worker worker(*world);
  worker.open();
  const Ids ids = emit(*world, 3);
  const Events events = worker.claim();
  REQUIRE(events.size() == 3);
  SECTION("a finished event is in the archive and nowhere else, and finishing again is harmless") {
    CHECK(worker.finish(events[0]) == 1);
    CHECK(worker.finish(events[0]) == 0);
    CHECK(world->archive() == std::vector<ArchivedEvent>{{ids[0], RunStatus::kDone, "", "{}"}});
    CHECK(worker.outbox->finish({}) == 0);
  }
  SECTION("each event of a batch is archived once and with its own end, also one that is named twice") {
    const auto end = [&](std::size_t index, RunStatus status, const std::string& reason) {
      return FinishedEvent{events[index].position, events[index].id, status, reason};
    };
    const std::vector<FinishedEvent> ends{end(2, RunStatus::kFailed, ""), end(0, RunStatus::kDone, ""),
                                          end(1, RunStatus::kDone, "nobody to tell"), end(0, RunStatus::kDone, ""),
                                          end(2, RunStatus::kFailed, "")};
    CHECK(worker.outbox->finish(ends) == 3);
    CHECK(world->archive() ==
          std::vector<ArchivedEvent>{{ids[0], RunStatus::kDone, "", "{}"},
                                     {ids[1], RunStatus::kDone, "nobody to tell", "{}"},
                                     {ids[2], RunStatus::kFailed, "failed without a reason", "{}"}});
  }
  SECTION("an event that has another one's position is not finished in its place") {
    Event lost = events[0];
    lost.id = new_store();
    CHECK(worker.finish(lost) == 0);
    CHECK(world->archive().empty());
  }
  SECTION("another worker's event is not finished") {
    Worker other(*world);
    other.open();
    CHECK(other.finish(events[0]) == 0);
    CHECK(worker.finish(events[0]) == 1);
  }
  SECTION("an event is archived with its payload, or with the one that is given in its place") {
    const std::vector<FinishedEvent> ends{
        {events[0].position, events[0].id, RunStatus::kDone, "", Resumable::kAnywhere, "", R"({"safe": 1})"},
        {events[1].position, events[1].id, RunStatus::kDone, ""}};
    CHECK(worker.outbox->finish(ends) == 2);
    CHECK(world->archive().at(0).payload == R"({"safe": 1})");
    CHECK(world->archive().at(1).payload == "{}");
  }
}

void check_resuming(const MakeOutboxWorld& make) {
  Claimed claimed(make, 1);
  auto& [world, worker, other, ids, events] = claimed;
  const auto fail = [&](Resumable resumable) {
    REQUIRE(worker.finish(events[0], RunStatus::kFailed, "refused", resumable) == 1);
  };
  SECTION("a resumed event is claimed anew, under another position, by the worker whose store has its run") {
    fail(Resumable::kAnywhere);
    REQUIRE(world->resume(ids[0]));
    CHECK(world->archive().empty());
    CHECK(other.claim().empty());
    const Events again = worker.find();
    REQUIRE(ids_of(again) == ids);
    CHECK(again[0].position > events[0].position);
    CHECK(again[0].resumes == 1);
    CHECK(again[0].deliveries == 1);
    CHECK(worker.finish(events[0]) == 0);
  }
  SECTION("if the worker with its store is gone, any worker takes a resumed event") {
    fail(Resumable::kAnywhere);
    REQUIRE(world->resume(ids[0]));
    CHECK(other.claim().empty());
    worker.outbox->release({});
    CHECK(ids_of(other.find()) == ids);
  }
  SECTION("P3: one whose run has acted on a failure waits for a worker with its store, whoever is gone") {
    fail(Resumable::kHere);
    REQUIRE(world->resume(ids[0]));
    worker.outbox->release({});
    CHECK(other.claim().empty());
    Worker heir(*world, worker.store);
    heir.open();
    CHECK(ids_of(heir.find()) == ids);
  }
  SECTION("one that may go on nowhere stays in the archive, and so does one that is done") {
    fail(Resumable::kNowhere);
    const std::string done = world->emit(kType, "{}");
    REQUIRE(worker.finish(worker.find().at(0)) == 1);
    CHECK_FALSE(world->resume(ids[0]));
    CHECK_FALSE(world->resume(done));
    CHECK(world->archive().size() == 2);
  }
  SECTION("a failed run is resolved once it has ended otherwise, and not while it may go on or goes on") {
    const Ids asked{ids[0], "00000000-0000-4000-8000-00000000beef"};
    const Ids gone{asked[1]};
    fail(Resumable::kHere);
    CHECK(worker.outbox->resolved(asked) == gone);
    REQUIRE(world->resume(ids[0]));
    CHECK(worker.outbox->resolved(asked) == gone);
    REQUIRE(worker.finish(worker.find().at(0)) == 1);
    CHECK(worker.outbox->resolved(asked) == asked);
    CHECK(worker.outbox->resolved({}).empty());
  }
}

void check_marks(const MakeOutboxWorld& make) {
  Claimed claimed(make, 2);
  auto& [world, worker, other, ids, events] = claimed;
  SECTION("what an operator asks of a run is seen by the worker that has it, and by no other") {
    CHECK(marked(worker).empty());
    REQUIRE(world->cancel(ids[1], "sold twice"));
    REQUIRE(world->retry_now(ids[0]));
    const std::vector<Mark> marks = worker.outbox->marks(0);
    REQUIRE(marks.size() == 2);
    CHECK(marks[0].kind == Mark::Kind::kRetryNow);
    CHECK(marks[0].position == events[0].position);
    CHECK(marks[1].kind == Mark::Kind::kCancel);
    CHECK(marks[1].id == ids[1]);
    CHECK(marks[1].asked.by == "test");
    CHECK(marks[1].asked.note == "sold twice");
    CHECK(marked(worker, events[0].position) == Ids{ids[1]});
    CHECK(marked(other).empty());
    CHECK(worker.claim().empty());
  }
  SECTION("what was seen is not shown again, unless it was asked for anew; a cancellation stays one") {
    REQUIRE(world->retry_now(ids[0]));
    REQUIRE(world->cancel(ids[1], ""));
    const std::vector<Mark> marks = worker.outbox->marks(0);
    other.outbox->take_off(marks);
    CHECK(marked(worker) == ids);
    REQUIRE(world->retry_now(ids[0]));
    worker.outbox->take_off(marks);
    CHECK(marked(worker) == Ids{ids[0]});
    for (int repeat = 0; repeat < 2; ++repeat) worker.outbox->take_off(worker.outbox->marks(0));
    CHECK(marked(worker).empty());
    REQUIRE(world->retry_now(ids[1]));
    const std::vector<Mark> again = worker.outbox->marks(0);
    REQUIRE(again.size() == 1);
    CHECK(again[0].kind == Mark::Kind::kCancel);
    CHECK(again[0].asked.by == "test");
    CHECK(again[0].asked.asked_at > marks[1].asked.asked_at);
    worker.outbox->take_off(again);
    CHECK(marked(worker).empty());
    Worker heir(*world, worker.store);
    heir.open({waiting(events[0]), waiting(events[1])});
    CHECK(marked(heir) == Ids{ids[1]});
  }
}

void check_cancelling(const MakeOutboxWorld& make) {
  Claimed claimed(make, 2);
  auto& [world, worker, other, ids, events] = claimed;
  SECTION("a run whose worker died tells the next one that it is cancelled") {
    REQUIRE(world->cancel(ids[0], "sold twice"));
    world->expire(worker.epoch);
    const Events taken = other.find();
    REQUIRE(ids_of(taken) == ids);
    REQUIRE(taken[0].cancel);
    CHECK(taken[0].cancel->by == "test");
    CHECK(taken[0].cancel->note == "sold twice");
    CHECK_FALSE(taken[1].cancel);
    CHECK(marked(worker).empty());
    CHECK(marked(other) == Ids{ids[0]});
    CHECK_THROWS_AS(worker.outbox->take_off(other.outbox->marks(0)), LeaseLostError);
    CHECK(other.finish(taken[0], RunStatus::kCancelled, "cancelled by test: sold twice") == 1);
    CHECK(world->archive().at(0).status == RunStatus::kCancelled);
    CHECK(world->archive().at(0).reason == "cancelled by test: sold twice");
    CHECK_FALSE(world->cancel(ids[0], ""));
    CHECK_FALSE(world->resume(ids[0]));
  }
  SECTION("a run that no worker was given ends at once, and so does any where none lives") {
    const Ids fresh = emit(*world, 1);
    REQUIRE(world->cancel(fresh[0], "sold twice"));
    REQUIRE(world->archive().size() == 1);
    CHECK(world->archive()[0].id == fresh[0]);
    CHECK(world->archive()[0].status == RunStatus::kCancelled);
    CHECK(world->archive()[0].reason == "cancelled by test: sold twice");
    worker.outbox->release({});
    REQUIRE(world->cancel(ids[0], ""));
    CHECK(world->archive().size() == 1);
    other.outbox->release({});
    REQUIRE(world->cancel(ids[1], ""));
    CHECK(world->archive().size() == 2);
    Worker heir(*world, worker.store);
    CHECK(heir.open({waiting(events[0]), waiting(events[1])}).foreign == Ids{ids[1]});
    CHECK(marked(heir) == Ids{ids[0]});
  }
}

}  // namespace pawl::engine::contract
