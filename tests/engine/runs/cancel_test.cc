// Cancelling a run: nothing of it starts any more, what is out is recorded, and its code may make good what it has
// done.
#include <catch2/catch.hpp>

#include "engine/runs/replay.h"
#include "tests/engine/world.h"

using namespace pawl::engine;
using namespace std::chrono_literals;

namespace {

/// Charges, reserves each of two articles and at the same time announces the order, then mails a receipt. What was
/// charged is refunded where the order is cancelled.
struct CancelledOrder {
  ScriptedStep charge{"charge", {}};
  ScriptedStep reserve{"reserve", {.batch_max = 1}};
  ScriptedStep announce{"announce", {}};
  ScriptedStep mail{"mail", {}};
  ScriptedStep refund{"refund", {}};
  bool refunds = true;
  int told = 0;  ///< How often its code was told of a cancellation, replays included.

  static Workflow run(Run run, std::string id, CancelledOrder& order) {
    co_await run.step(order.charge, id);
    const std::vector<std::string> articles{"lamp", "table"};
    const auto reserved = run.start_each(order.reserve, articles);
    const auto announced = run.start(order.announce, id);
    bool cancelled = false;
    try {
      co_await run.all(reserved);
      co_await run.all(announced);
      co_await run.step(order.mail, id);
    } catch (const Cancelled&) {
      ++order.told;
      if (!order.refunds) throw;
      cancelled = true;
    }
    if (cancelled) co_await run.step(order.refund, id);
  }
  WorkflowDefinition definition() {
    return {"order",
            "test/words",
            [this](Run run, const Event& event) { return CancelledOrder::run(run, event.id, *this); },
            {&charge, &reserve, &announce, &mail, &refund}};
  }
};

constexpr LaneId kReserveLane = 5, kAnnounceLane = 6;

struct Cancelling : RunnerWorld {
  CancelledOrder order;

  ~Cancelling() { worker.reset(); }  // before its steps

  void open() {
    worker.reset();
    worker = std::make_unique<Worker>(table, store, clock, log, std::vector{order.definition()}, seed, options);
  }
  int done(const ScriptedStep& step, const std::string& key) const {
    int count = 0;
    for (const auto& [name, times] : step.executions)
      if (name.ends_with("/" + key)) count += times;
    return count;
  }
  StoredRun stored(const std::string& id) { return store.find(std::vector{id}).at(0); }
  bool seen(const std::string& id) { return bool{stored(id).cancelled}; }
  void require_cancelled(const std::string& id, const std::string& reason = "cancelled by ops: sold twice") {
    REQUIRE(until_over_time([&] { return archived(1); }, 60));
    CHECK(table.archive.at(0).status == RunStatus::kCancelled);
    CHECK(table.archive.at(0).reason == reason);
    CHECK(stored(id).status == RunStatus::kCancelled);
    CHECK(stored(id).reason == reason);
    CHECK(worker->runner.status().cancelled == 1);
    CHECK(until([&] { return worker->runner.idle(); }));
    const ReplayReport report = replay(order.definition(), stored(id));
    CHECK(report.mismatches.empty());
    CHECK(report.next.empty());
    CHECK(report.returned);
    CHECK(report.cancelled == "cancelled by ops: sold twice");
  }
};

}  // namespace

TEST_CASE_METHOD(Cancelling, "a cancellation is seen within two seconds, whenever between two looks it is asked") {
  for (const Duration since_look : {Duration(0ms), Duration(300ms), Duration(999ms)}) {
    open();
    worker->lanes.stick(kReserveLane);
    const std::string id = emit();
    REQUIRE(until([&] { return done(order.announce, id) == 1; }));
    clock.turn(since_look);
    const Timestamp asked = clock.now();
    REQUIRE(table.cancel(id, "ops", "sold twice"));
    for (turn(40); !seen(id) && clock.now() - asked < 2s; turn(40)) clock.turn(100ms);
    CHECK(seen(id));
    worker->lanes.unstick(kReserveLane);
    REQUIRE(until_over_time([&] { return table.rows.empty(); }, 60));
  }
}

TEST_CASE_METHOD(Cancelling, "a run that moves is cancelled: what is out is recorded, and nothing more of it starts") {
  open();
  worker->lanes.stick(kReserveLane);
  const std::string id = emit();
  REQUIRE(until([&] { return done(order.announce, id) == 1; }));
  REQUIRE(table.cancel(id, "ops", "sold twice"));
  REQUIRE(until_over_time([&] { return seen(id); }, 3));
  worker->lanes.unstick(kReserveLane);
  require_cancelled(id);
  CHECK(done(order.reserve, "lamp") == 1);  // was out
  CHECK(done(order.reserve, "table") == 0);
  CHECK(done(order.mail, id) == 0);
  CHECK(done(order.refund, id) == 1);
  CHECK(order.told == 2);  // replay's included
  CHECK(stored(id).steps.size() == 4);
}

TEST_CASE_METHOD(Cancelling, "an attempt that was out and fails for now is the last one of a cancelled run") {
  open();
  order.announce.script = [](auto& item) { item.retry("busy"); };
  worker->lanes.stick(kAnnounceLane);
  const std::string id = emit();
  REQUIRE(until([&] { return done(order.reserve, "table") == 1; }));
  REQUIRE(table.cancel(id, "ops", "sold twice"));
  REQUIRE(until_over_time([&] { return seen(id); }, 3));
  worker->lanes.unstick(kAnnounceLane);
  require_cancelled(id);
  CHECK(done(order.announce, id) == 1);
  CHECK(stored(id).retries.size() == 1);
  CHECK(done(order.refund, id) == 1);
}

TEST_CASE_METHOD(Cancelling,
                 "a run that backs off for long is woken to be ended, and what it waited for is not tried") {
  open();
  order.mail.script = [](auto& item) { item.retry("greylisted", 6h); };
  const std::string id = emit();
  REQUIRE(until([&] { return worker->runner.status().waiting == 1; }));
  REQUIRE(table.cancel(id, "ops", "sold twice"));
  const Timestamp asked_at = clock.now();
  require_cancelled(id);
  CHECK(clock.now() - asked_at <= 2s);
  CHECK(done(order.mail, id) == 1);
  CHECK(done(order.refund, id) == 1);
}

TEST_CASE_METHOD(Cancelling, "a run that a paused step holds is woken to be ended, and the pause goes on for others") {
  open();
  order.mail.script = [](auto& item) { item.unavailable("the relay is away"); };
  const std::string id = emit();
  const std::string other = emit();
  REQUIRE(until([&] { return worker->runner.status().waiting == 2; }));
  REQUIRE(table.cancel(id, "ops", "sold twice"));
  REQUIRE(until_over_time([&] { return archived(1); }, 5));
  CHECK(table.archive.at(0).status == RunStatus::kCancelled);
  CHECK(done(order.refund, id) == 1);
  CHECK_FALSE(worker->runner.status().open_circuits.empty());
  order.mail.script = nullptr;
  CHECK(until_over_time([&] { return archived(2); }, 120));
  CHECK(table.archive.at(1).status == RunStatus::kDone);
}

TEST_CASE_METHOD(Cancelling, "a refund has attempts like any step, and its failure is told with the cancellation") {
  order.refund.script = [](auto& item) {
    if (item.attempt() < 3) return item.retry("the bank is busy");
    item.fail("the card is gone");
  };
  open();
  order.mail.script = [](auto& item) { item.retry("greylisted", 6h); };
  const std::string id = emit();
  REQUIRE(until([&] { return worker->runner.status().waiting == 1; }));
  REQUIRE(table.cancel(id, "ops", "sold twice"));
  require_cancelled(id, "cancelled by ops: sold twice; then refund (" + id + "): the card is gone");
  CHECK(done(order.refund, id) == 3);
  CHECK(done(order.mail, id) == 1);
}

TEST_CASE_METHOD(Cancelling, "a workflow that catches nothing ends where it is") {
  order.refunds = false;
  open();
  order.charge.script = [](auto& item) { item.retry("the bank is busy", 6h); };
  const std::string id = emit();
  REQUIRE(until([&] { return worker->runner.status().waiting == 1; }));
  REQUIRE(table.cancel(id, "ops", "sold twice"));
  require_cancelled(id);
  CHECK(order.reserve.executions.empty());
  CHECK(order.refund.executions.empty());
}

TEST_CASE_METHOD(Cancelling, "whoever awaits again what was abandoned is told again") {
  struct Stubborn {
    static Workflow run(Run run, std::string id, const CancelledOrder& order, int& told) {
      const auto mailed = run.start(order.mail, id);
      for (int time = 0; time < 2; ++time) try {
          co_await run.all(mailed);
        } catch (const Cancelled&) {
          ++told;
        }
      const auto refunded = run.start(order.refund, id);
      try {
        co_await run.all(refunded, mailed);  // the refund first is done
      } catch (const Cancelled&) {
        ++told;
      }
    }
  };
  order.mail.script = [](auto& item) { item.retry("greylisted", 6h); };
  const WorkflowDefinition definition{
      "order",
      "test/words",
      [this](Run run, const Event& event) { return Stubborn::run(run, event.id, order, order.told); },
      {&order.mail, &order.refund}};
  worker = std::make_unique<Worker>(table, store, clock, log, std::vector{definition}, seed, options);
  const auto guard = ends_with_scope();
  const std::string id = emit();
  REQUIRE(until([&] { return worker->runner.status().waiting == 1; }));
  REQUIRE(table.cancel(id, "ops"));
  REQUIRE(until_over_time([&] { return archived(1); }, 5));
  CHECK(table.archive.at(0).status == RunStatus::kCancelled);
  CHECK(table.archive.at(0).reason == "cancelled by ops");
  CHECK(order.told == 3);
  CHECK(done(order.refund, id) == 1);
}

TEST_CASE_METHOD(Cancelling, "a run that ends before its cancellation is on record ends as it does") {
  open();
  const std::string id = emit();
  REQUIRE(until([&] { return done(order.mail, id) == 1; }));
  REQUIRE(table.cancel(id, "ops", "sold twice"));
  REQUIRE(until_over_time([&] { return archived(1); }, 5));
  CHECK(table.archive.at(0).status == RunStatus::kDone);
  CHECK(order.refund.executions.empty());
}

TEST_CASE_METHOD(Cancelling, "P3: a worker that dies at any turn of a cancellation ends the run as if it had not") {
  order.mail.script = [](auto& item) { item.retry("greylisted", 6h); };
  for (int turns = 0; turns < 60; ++turns) {
    table.archive.clear();
    open();
    const std::string id = emit();
    REQUIRE(until([&] { return worker->runner.status().waiting == 1; }));
    REQUIRE(table.cancel(id, "ops", "sold twice"));
    clock.turn(1s);
    turn(turns);
    const bool was_seen = seen(id);
    const int mailed = done(order.mail, id);
    open();
    REQUIRE(until_over_time([&] { return archived(1); }, 10));
    INFO("died after " << turns << " turns");
    CHECK(table.archive.at(0).status == RunStatus::kCancelled);
    CHECK(done(order.charge, id) == 1);
    CHECK(done(order.reserve, "lamp") == turns + 1);
    CHECK(done(order.refund, id) >= 1);
    if (was_seen) CHECK(done(order.mail, id) == mailed);
    CHECK(replay(order.definition(), stored(id)).mismatches.empty());
  }
}

TEST_CASE_METHOD(Cancelling,
                 "P3: a worker that dies at any turn while a moving run is cancelled agrees with its replay") {
  for (int turns = 0; turns < 40; ++turns) {
    table.archive.clear();
    open();
    worker->lanes.stick(kReserveLane);
    const std::string id = emit();
    REQUIRE(until([&] { return done(order.announce, id) == 1; }));
    REQUIRE(table.cancel(id, "ops", "sold twice"));
    clock.turn(1s);
    turn(turns / 2);
    worker->lanes.unstick(kReserveLane);
    turn(turns);
    open();
    REQUIRE(until_over_time([&] { return archived(1); }, 10));
    INFO("died after " << turns << " turns");
    CHECK(table.archive.at(0).status == RunStatus::kCancelled);
    CHECK(done(order.mail, id) == 0);
    CHECK(done(order.refund, id) >= 1);
    CHECK(replay(order.definition(), stored(id)).mismatches.empty());
  }
}

TEST_CASE_METHOD(Cancelling, "a run that another worker begins anew is cancelled before anything of it starts") {
  open();
  order.charge.script = [](auto& item) { item.retry("the bank is busy", 6h); };
  const std::string id = emit();
  REQUIRE(until([&] { return worker->runner.status().waiting == 1; }));
  const std::int64_t epoch = worker->outbox.epoch();
  MemoryCheckpoints other_store{"other-store"};
  Worker other(table, other_store, clock, log, {order.definition()}, 3, options);
  REQUIRE(table.cancel(id, "ops", "sold twice"));
  worker.reset();
  table.bury(epoch);
  order.charge.script = nullptr;
  for (int i = 0; i < 500 && !archived(1); ++i) other.runner.turn({});
  REQUIRE(archived(1));
  CHECK(table.archive.at(0).status == RunStatus::kCancelled);
  CHECK(done(order.charge, id) == 1);  // by the first
  CHECK(other_store.find(std::vector{id}).at(0).cancelled->note == "sold twice");
}

TEST_CASE_METHOD(Cancelling, "a run that does not fit this build ends cancelled, and nothing of it executes") {
  open();
  order.mail.script = [](auto& item) { item.retry("greylisted", 6h); };
  const std::string id = emit();
  REQUIRE(until([&] { return worker->runner.status().waiting == 1; }));
  const WorkflowDefinition today{"order",
                                 "test/words",
                                 [this](Run run, const Event& event) {
                                   return [](Run r, std::string of, const CancelledOrder& steps) -> Workflow {
                                     co_await r.step(steps.charge, of);
                                   }(run, event.id, order);
                                 },
                                 {&order.charge, &order.refund}};
  clock.turn(6h);
  worker.reset();
  worker = std::make_unique<Worker>(table, store, clock, log, std::vector{today}, seed, options);
  const auto guard = ends_with_scope();
  REQUIRE(until([&] { return log.counts[NoticeKind::kRunMisfit] == 1; }));
  REQUIRE(table.cancel(id, "ops", "sold twice"));
  REQUIRE(until_over_time([&] { return archived(1); }, 5));
  CHECK(table.archive.at(0).status == RunStatus::kCancelled);
  CHECK(done(order.charge, id) == 1);
  CHECK(order.refund.executions.empty());
}

TEST_CASE_METHOD(Cancelling,
                 "P8: a suspect that waits to be alone for its last delivery is cancelled before it is tried") {
  options.deliveries_max = 2;
  open();
  worker->lanes.stick(kReserveLane);
  emit("busy");
  REQUIRE(until([&] { return done(order.announce, "busy") == 1; }));
  emit("suspect");
  REQUIRE(until([&] { return done(order.announce, "suspect") == 1; }));
  open();  // both were moving; each is on its last delivery
  worker->lanes.stick(kReserveLane);
  REQUIRE(until([&] { return done(order.announce, "busy") + done(order.announce, "suspect") >= 2; }));
  REQUIRE(table.cancel("suspect", "ops"));
  REQUIRE(table.cancel("busy", "ops"));
  clock.turn(1s);
  turn(100);
  worker->lanes.unstick(kReserveLane);
  REQUIRE(until_over_time([&] { return archived(2); }, 10));
  CHECK(table.archive.at(0).status == RunStatus::kCancelled);
  CHECK(table.archive.at(1).status == RunStatus::kCancelled);
  CHECK(order.mail.executions.empty());
  CHECK(done(order.refund, "suspect") == 1);
}

TEST_CASE_METHOD(Cancelling, "a cancellation that came too late is taken back when the failed run is resumed") {
  open();
  order.mail.script = [](auto& item) { item.fail("550 no such user"); };
  const std::string id = emit();
  REQUIRE(until([&] { return archived(1); }));
  store.commit(std::vector<Checkpoint>{RunCancelled{1, {"ops", "too late", clock.now()}, clock.now()}});
  order.mail.script = nullptr;
  REQUIRE(table.resume(id));
  REQUIRE(until([&] { return archived(1); }));
  CHECK(table.archive.at(0).status == RunStatus::kDone);
  CHECK_FALSE(seen(id));
}

TEST_CASE_METHOD(Cancelling, "retry-now: what a cancelled run does because of that is tried at once") {
  bool busy = true;
  order.refund.script = [&](auto& item) { busy ? item.retry("the bank is busy", 6h) : item.succeed("refunded"); };
  open();
  order.mail.script = [](auto& item) { item.retry("greylisted", 6h); };
  const std::string id = emit();
  REQUIRE(until([&] { return worker->runner.status().waiting == 1; }));
  REQUIRE(table.cancel(id, "ops", "sold twice"));
  REQUIRE(until_over_time([&] { return done(order.refund, id) == 1 && worker->runner.status().waiting == 1; }, 5));
  CHECK_FALSE(until_over_time([&] { return done(order.refund, id) > 1; }, 30));
  busy = false;
  REQUIRE(table.retry_now(id, "ops"));
  require_cancelled(id);
  CHECK(done(order.refund, id) == 2);
}

TEST_CASE_METHOD(Cancelling, "a run that comes when its cancellation is on record takes its place before that") {
  open();
  const std::string id = emit();
  table.rows.begin()->second.event.deliveries = 1;
  REQUIRE(table.cancel(id, "ops", "sold twice"));
  REQUIRE(until([&] { return log.counts[NoticeKind::kRunCancelled] == 1; }));
  CHECK(worker->runner.status().moving == 1);
  require_cancelled(id);
}
