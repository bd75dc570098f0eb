// Resuming a failed run: it goes on at the failed step, and what its code has acted on stays as it was.
#include <catch2/catch.hpp>

#include "tests/engine/world.h"

using namespace pawl::engine;

namespace {

/// Charges, reserves each of two articles, refunds where that fails for good, and mails a receipt.
struct ResumedOrder {
  ScriptedStep charge{"charge", {}};
  ScriptedStep reserve{"reserve", {}};
  ScriptedStep refund{"refund", {}};
  ScriptedStep mail{"mail", {}};
  bool gives_up_by_itself = false;  ///< Throws an exception of its own after the refund.
  bool rethrows = false;            ///< Throws again what it has caught, after the refund.
  bool awaits_again = false;        ///< Awaits what has failed once more, after the refund.
  bool awaits_with_mail = false;    ///< Awaits it once more together with the mail, after the refund.

  static Workflow run(Run run, std::string id, const ResumedOrder& steps) {
    co_await run.step(steps.charge, id);
    const std::vector<std::string> articles{"lamp", "table"};
    std::exception_ptr caught;
    const auto reserved = run.start_each(steps.reserve, articles);
    try {
      co_await run.all(reserved);
    } catch (const StepFailed&) {
      caught = std::current_exception();
    }
    if (caught) co_await run.step(steps.refund, id);
    if (caught && steps.gives_up_by_itself) throw std::runtime_error("the order was refunded");
    if (caught && steps.rethrows) std::rethrow_exception(caught);
    if (caught && steps.awaits_again) co_await run.all(reserved);
    if (caught && steps.awaits_with_mail) {
      const auto mailed = run.start(steps.mail, id);
      co_await run.all(reserved, mailed);
    }
    co_await run.step(steps.mail, id);
  }
  WorkflowDefinition definition() {
    return {"order",
            "test/words",
            [this](Run run, const Event& event) { return ResumedOrder::run(run, event.id, *this); },
            {&charge, &reserve, &refund, &mail}};
  }
};

struct Shop : RunnerWorld {
  ResumedOrder order;
  MemoryCheckpoints other_store{"other-store"};
  bool sold_out = true;
  bool relay_refuses = true;

  ~Shop() { worker.reset(); }  // before its steps

  Shop() {
    order.reserve.script = [this](auto& item) {
      if (sold_out) return item.fail(item.key() + " is sold out");
      item.succeed("reserved");
    };
    order.mail.script = [this](auto& item) {
      if (relay_refuses) return item.fail("550 no such user");
      item.succeed("sent");
    };
  }
  void open(MemoryCheckpoints& with) {
    worker.reset();
    worker = std::make_unique<Worker>(table, with, clock, log, std::vector{order.definition()}, seed, options);
  }
  /// Emits an order and runs it to its failure.
  std::string fail() {
    const std::string id = emit();
    open(store);
    REQUIRE(until([&] { return archived(1); }));
    REQUIRE(table.archive.back().status == RunStatus::kFailed);
    sold_out = relay_refuses = false;
    return id;
  }
  int did(const ScriptedStep& step) const {
    int count = 0;
    for (const auto& [name, executions] : step.executions) count += executions;
    return count;
  }
};

}  // namespace

TEST_CASE_METHOD(Shop, "P3: resuming forgets the failure that ended the run, and none that its workflow has acted on") {
  const std::string id = fail();
  CHECK(table.archive.back().resumable == Resumable::kHere);
  REQUIRE(table.resume(id));
  REQUIRE(until([&] { return archived(1); }));
  CHECK(table.archive.back().status == RunStatus::kDone);
  CHECK(did(order.reserve) == 2);  // sold out, as it was refunded: not reserved after all
  CHECK(did(order.refund) == 1);
  CHECK(did(order.mail) == 2);
}

TEST_CASE_METHOD(Shop, "P3: a run that has acted on a failure goes on where its checkpoints are and nowhere else") {
  const std::string id = fail();
  worker.reset();
  REQUIRE(table.resume(id));
  open(other_store);
  turn(500);
  CHECK(table.rows.size() == 1);
  CHECK(did(order.charge) == 1);
  open(store);
  REQUIRE(until([&] { return archived(1); }));
  CHECK(did(order.charge) == 1);
  CHECK(did(order.reserve) == 2);
}

TEST_CASE_METHOD(Shop, "P3: a run that has acted on every failure is not resumed: it would end the same") {
  relay_refuses = false;
  SECTION("it ended by an exception of its own") { order.gives_up_by_itself = true; }
  SECTION("it threw again what it had caught and acted on") { order.rethrows = true; }
  SECTION("it awaited again what it had caught and acted on") { order.awaits_again = true; }
  const std::string id = fail();
  CHECK(table.archive.back().resumable == Resumable::kNowhere);
  CHECK_FALSE(table.resume(id));
}

TEST_CASE_METHOD(Shop, "a run that is done over a failed step is told from one of which each step succeeded") {
  relay_refuses = false;
  SECTION("a step failed for good") {}
  SECTION("none did") { sold_out = false; }
  const Resumable expected = sold_out ? Resumable::kNowhere : Resumable::kAnywhere;
  emit();
  open(store);
  REQUIRE(until([&] { return archived(1); }));
  CHECK(table.archive.back().status == RunStatus::kDone);
  CHECK(table.archive.back().resumable == expected);
}

TEST_CASE_METHOD(Shop, "P3: what was caught stays so where it is awaited again beside a step that fails then") {
  order.awaits_with_mail = true;
  const std::string id = fail();
  CHECK(table.archive.back().resumable == Resumable::kHere);
  REQUIRE(table.resume(id));
  REQUIRE(until([&] { return archived(1); }));
  CHECK(table.archive.back().resumable == Resumable::kNowhere);
  CHECK(did(order.reserve) == 2);
  CHECK(did(order.refund) == 1);
  CHECK(did(order.mail) == 2);
}

TEST_CASE_METHOD(Shop, "resuming forgets all failures of the await that threw the first, and goes on anywhere") {
  const WorkflowDefinition plain{"order",
                                 "test/words",
                                 [&](Run run, const Event& event) {
                                   return [](Run r, std::string id, const ResumedOrder& steps) -> Workflow {
                                     co_await r.step(steps.charge, id);
                                     const std::vector<std::string> articles{"lamp", "table"};
                                     const auto reserved = r.start_each(steps.reserve, articles);
                                     co_await r.all(reserved);
                                   }(run, event.id, order);
                                 },
                                 {&order.charge, &order.reserve}};
  const std::string id = emit();
  worker = std::make_unique<Worker>(table, store, clock, log, std::vector{plain}, seed, options);
  const auto guard = ends_with_scope();
  REQUIRE(until([&] { return archived(1); }));
  CHECK(table.archive.back().resumable == Resumable::kAnywhere);
  sold_out = false;
  REQUIRE(table.resume(id));
  const bool elsewhere = GENERATE(false, true);
  if (elsewhere) {
    table.bury(worker->outbox.epoch());
    worker.reset();
    worker = std::make_unique<Worker>(table, other_store, clock, log, std::vector{plain}, seed, options);
  }
  REQUIRE(until([&] { return archived(1); }));
  CHECK(table.archive.back().status == RunStatus::kDone);
  CHECK(did(order.charge) == (elsewhere ? 2 : 1));
  CHECK(did(order.reserve) == 4);
}

TEST_CASE_METHOD(Shop,
                 "P8: a run that is set aside keeps its failures when it is resumed, for its code to act on them") {
  relay_refuses = false;
  options.deliveries_max = 1;
  const std::string id = emit();
  open(store);
  REQUIRE(until([&] { return did(order.refund) == 1; }));
  open(store);  // the worker died: its only delivery is used up
  REQUIRE(until([&] { return archived(1); }));
  REQUIRE(table.archive.back().reason.find("set aside") == 0);
  CHECK(table.archive.back().resumable == Resumable::kHere);
  sold_out = false;
  REQUIRE(table.resume(id));
  REQUIRE(until([&] { return archived(1); }));
  CHECK(table.archive.back().status == RunStatus::kDone);
  CHECK(did(order.reserve) == 2);
}
