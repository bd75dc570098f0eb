// The doorbell: a sleeping worker is woken, and nobody rings when nobody sleeps.
#include <atomic>
#include <catch2/catch.hpp>
#include <csignal>
#include <future>

#include "engine/authoring/errors.h"
#include "tests/storage/postgres_fixture.h"

using namespace pawl;
using namespace pawl::tests;
using namespace std::chrono_literals;

namespace {
struct DoorbellFixture : PostgresFixture {
  std::string asleep() { return value("select count(*) from pawl.workers where asleep"); }
};
}  // namespace

TEST_CASE_METHOD(DoorbellFixture, "emitting wakes a sleeping worker long before its poll", "[session]") {
  Worker worker(*this);
  worker.open();
  REQUIRE(worker.claim().empty());
  const auto started = std::chrono::steady_clock::now();
  auto slept = std::async(std::launch::async, [&] { worker.outbox.sleep(60s); });
  REQUIRE(eventually([&] { return asleep() == "1"; }));
  const std::string id = emit();
  slept.get();
  CHECK(std::chrono::steady_clock::now() - started < 60s);
  CHECK(worker.claim_ids() == std::vector<std::string>{id});
}

TEST_CASE_METHOD(DoorbellFixture, "a lone event leaves the bell on, and nobody rings for a worker that is busy",
                 "[session]") {
  Worker worker(*this);
  worker.open();
  REQUIRE(worker.claim().empty());
  worker.outbox.sleep(1ms);
  emit();
  REQUIRE(worker.claim().size() == 1);
  REQUIRE(worker.claim().empty());
  CHECK(asleep() == "1");
  const std::string id = emit();
  worker.outbox.sleep(60s);  // it rang
  CHECK(worker.claim_ids() == std::vector<std::string>{id});
  emit();
  CHECK(worker.claim().size() == 1);
  CHECK(asleep() == "0");

  worker.outbox.sleep(1ms);
  emit();
  emit();
  CHECK(worker.claim().size() == 2);
  CHECK(asleep() == "0");
}

TEST_CASE_METHOD(DoorbellFixture, "somebody who rings all the time for nothing makes no worker look all the time",
                 "[session]") {
  Worker worker(*this);
  worker.open();
  std::atomic<bool> over{false};
  auto prankster = std::async(std::launch::async, [&] {
    storage::PostgresConnection other(conninfo);
    while (!over) other.run("ring", "select pg_notify('pawl', '')", {});
  });
  REQUIRE(worker.claim().empty());
  worker.outbox.sleep(60s);
  const auto started = std::chrono::steady_clock::now();
  for (int look = 0; look < 10; ++look) {
    CHECK(worker.claim().empty());
    worker.outbox.sleep(60s);
  }
  CHECK(std::chrono::steady_clock::now() - started >= 200ms);
  over = true;
}

TEST_CASE_METHOD(DoorbellFixture, "the trigger wakes a sleeping worker", "[session]") {
  const Organisation acme(*this);
  Worker worker(*this);
  worker.open();
  REQUIRE(worker.claim().empty());
  auto slept = std::async(std::launch::async, [&] { worker.outbox.sleep(60s); });
  REQUIRE(eventually([&] { return asleep() == "1"; }));
  acme.fail_sync();
  slept.get();
  CHECK(worker.claim().size() == 1);
}

TEST_CASE_METHOD(DoorbellFixture, "what was committed before the flag was visible is found by looking once more",
                 "[session]") {
  Worker worker(*this);
  worker.open();
  REQUIRE(worker.claim().empty());
  emit();  // nobody sleeps, so nobody rings
  worker.outbox.sleep(60s);
  CHECK(worker.claim().size() == 1);
}

TEST_CASE_METHOD(DoorbellFixture, "nobody rings while nobody sleeps, nor for a sleeper whose lease is over",
                 "[session]") {
  storage::PostgresConnection ear(conninfo);
  ear.listen("pawl");
  ear.wait_for_ring("listen", 0us);
  Worker worker(*this);
  worker.open();
  REQUIRE(worker.claim().empty());
  emit();
  CHECK_FALSE(ear.wait_for_ring("listen", 0us));

  REQUIRE(worker.claim().size() == 1);
  worker.outbox.sleep(1ms);
  REQUIRE(asleep() == "1");
  worker.expire();
  emit();
  CHECK_FALSE(ear.wait_for_ring("listen", 0us));

  worker.outbox.renew();
  emit();
  CHECK(ear.wait_for_ring("listen", 10s));
}

TEST_CASE_METHOD(DoorbellFixture, "the flag is written once for many polls in a row", "[session]") {
  Worker worker(*this);
  worker.open();
  REQUIRE(worker.claim().empty());
  worker.outbox.sleep(1ms);
  const std::string version = value("select xmin from pawl.workers");
  for (int count = 0; count < 5; ++count) {
    worker.outbox.sleep(1ms);
    CHECK(worker.claim().empty());
  }
  CHECK(value("select xmin from pawl.workers") == version);
}

TEST_CASE_METHOD(DoorbellFixture, "without LISTEN a worker polls and never asks to be rung for") {
  Worker worker(*this, Worker::new_store(), false);
  worker.open();
  REQUIRE(worker.claim().empty());
  worker.outbox.sleep(1ms);
  CHECK(asleep() == "0");
  emit();
  CHECK(worker.claim().size() == 1);
}

TEST_CASE_METHOD(DoorbellFixture,
                 "P9: a connection that listens is given up within its time though its backend is frozen",
                 "[session]") {
  auto ear = std::make_unique<storage::PostgresConnection>(storage::PostgresAddress(conninfo, 200ms));
  ear->listen("test_bell");
  const int backend = std::stoi(ear->run("ask for the backend", "select pg_backend_pid()", {}).string(0, 0));
  const bool after_an_error = GENERATE(false, true);

  kill(backend, SIGSTOP);
  auto gone = std::async(std::launch::async, [&] {
    if (after_an_error) CHECK_THROWS_AS(ear->run_once("look", "select 1", {}), engine::UnavailableError);
    ear.reset();
  });
  CHECK(gone.wait_for(60s) == std::future_status::ready);
  kill(backend, SIGCONT);
}

TEST_CASE_METHOD(DoorbellFixture,
                 "where Postgres allows prepared transactions no worker asks for the bell, unless it is told to",
                 "[session]") {
  const bool may_prepare = value("select current_setting('max_prepared_transactions')::int > 0") == "t";
  storage::Epoch epoch{0};
  storage::PostgresOutbox outbox({.address = conninfo, .version = "test", .listen = std::nullopt}, epoch);
  outbox.open({Worker::new_store(), {}, {}});
  outbox.sleep(1ms);
  CHECK(asleep() == (may_prepare ? "0" : "1"));
  if (!may_prepare) return;
  connection.transact("prepare", [&](storage::Transaction& transaction) {
    transaction.run("select pawl.emit('test/event', 'thing', '1', '{}')");
    transaction.script("prepare transaction '" + name + "'");
  });
  exec("commit prepared '" + name + "'");
  CHECK(eventually([&] { return outbox.claim({test_workflows(), {1, 5, {}}}).size() == 1; }));
}
