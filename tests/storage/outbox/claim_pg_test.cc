// Claiming: order, exclusion, and finding what appears late.
#include <algorithm>
#include <catch2/catch.hpp>
#include <future>
#include <set>

#include "engine/authoring/errors.h"
#include "tests/storage/postgres_fixture.h"

using namespace pawl;
using namespace pawl::tests;

TEST_CASE_METHOD(PostgresFixture, "events are claimed in order of position, with everything they carry") {
  Worker worker(*this);
  worker.open();
  const std::string first =
      value("select pawl.emit('test/event', 'thing', 'x\"y', '{\"b\": 1.50, \"a\": \"\\u00e9\"}')");
  const std::vector<std::string> rest = emit_many(3);
  const auto events = worker.claim(2);
  REQUIRE(events.size() == 2);
  CHECK(events[0].id == first);
  CHECK(events[0].aggregate_type == "thing");
  CHECK(events[0].aggregate_id == "x\"y");
  CHECK(events[0].payload == value("select payload from pawl.outbox where id = $1::uuid", {first}));
  CHECK(events[0].deliveries == 1);
  CHECK(events[0].resumes == 0);
  CHECK(
      std::to_string(events[0].created_at.time_since_epoch().count()) ==
      value("select (extract(epoch from created_at) * 1000000)::bigint from pawl.outbox where id = $1::uuid", {first}));
  CHECK(events[0].position < events[1].position);
  CHECK(worker.claim_ids() == std::vector<std::string>{rest[1], rest[2]});
  CHECK(worker.claim().empty());
}

TEST_CASE_METHOD(PostgresFixture, "two workers never share an event") {
  Worker one(*this), two(*this);
  one.open();
  two.open();
  emit_many(200);
  std::set<std::string> seen;
  std::size_t claimed = 0;
  for (int turn = 0; turn < 20; ++turn) {
    for (Worker* worker : {&one, &two})
      for (const std::string& id : worker->claim_ids(7)) {
        seen.insert(id);
        ++claimed;
      }
  }
  CHECK(claimed == 200);
  CHECK(seen.size() == 200);
}

TEST_CASE_METHOD(PostgresFixture, "an event another worker is just claiming is passed over, not waited for") {
  Worker worker(*this);
  worker.open();
  const std::string locked = emit();
  const std::string free = emit();
  connection.transact("hold a row", [&](storage::Transaction& transaction) {
    transaction.run("select from pawl.outbox where id = $1::uuid for update", {locked});
    CHECK(worker.claim_ids() == std::vector<std::string>{free});
  });
  CHECK(eventually([&] { return worker.claim_ids() == std::vector<std::string>{locked}; }));
}

TEST_CASE_METHOD(PostgresFixture, "an event that commits late under a lower position is found") {
  Worker worker(*this);
  worker.open();
  storage::PostgresConnection other(conninfo);
  std::string late, early;
  other.transact("emit and commit late", [&](storage::Transaction& transaction) {
    late = transaction.run("select pawl.emit('test/event', 'thing', '1', '{}')").string(0, 0);
    early = emit();
    REQUIRE(worker.claim_ids(1) == std::vector<std::string>{early});
    CHECK(worker.claim().empty());
  });
  CHECK(eventually([&] { return worker.claim_ids() == std::vector<std::string>{late}; }));
}

TEST_CASE_METHOD(PostgresFixture, "a late commit far below is found while the worker is busy above") {
  Worker worker(*this);
  worker.open();
  storage::PostgresConnection other(conninfo);
  std::string late;
  other.transact("emit and commit late", [&](storage::Transaction& transaction) {
    late = transaction.run("select pawl.emit('test/event', 'thing', '1', '{}')").string(0, 0);
    emit_many(50);
    worker.claim(10);
    worker.claim(10);
  });
  CHECK(eventually([&] {
    emit_many(2);
    const auto ids = worker.claim_ids(2);
    return std::find(ids.begin(), ids.end(), late) != ids.end();
  }));
}

TEST_CASE_METHOD(PostgresFixture, "types that no workflow handles are left alone") {
  Worker worker(*this);
  worker.open();
  const std::string foreign = emit("billing/invoice.paid");
  const std::string own = emit();
  CHECK(worker.claim_ids() == std::vector<std::string>{own});
  CHECK(worker.claim().empty());
  CHECK(value("select lease_epoch is null and deliveries = 0 from pawl.outbox where id = $1::uuid", {foreign}) == "t");
}

TEST_CASE_METHOD(PostgresFixture, "an event is not claimed before it is available") {
  Worker worker(*this);
  worker.open();
  const std::string id = emit();
  exec("update pawl.outbox set available_at = now() + interval '1 hour'");
  CHECK(worker.claim().empty());
  exec("update pawl.outbox set available_at = now()");
  CHECK(eventually([&] { return worker.claim_ids() == std::vector<std::string>{id}; }));
}

TEST_CASE_METHOD(PostgresFixture, "what was in flight beside a crash comes back first and all at once") {
  Worker dead(*this), worker(*this);
  dead.open();
  const std::vector<std::string> in_flight = emit_many(300);
  REQUIRE(dead.claim(300).size() == 300);
  dead.expire();
  const std::vector<std::string> fresh = emit_many(5);
  worker.open();
  const engine::Quarantine busy{.moving = 100, .suspects = 64, .smallest = 8};
  CHECK(worker.claim_ids(250, busy) == std::vector<std::string>(in_flight.begin(), in_flight.begin() + 250));
  CHECK(worker.claim(100, busy).size() == 55);
  CHECK(worker.claim(100, busy).empty());
}

TEST_CASE_METHOD(PostgresFixture, "P8: the fewer deliveries an event has left, the fewer move beside it") {
  Worker worker(*this);
  worker.open();
  const auto delivered_before = [&](int deliveries) {
    emit_many(100);
    exec("update pawl.outbox set deliveries = $1::int", {std::to_string(deliveries)});
    std::size_t claimed = 0;
    REQUIRE(eventually([&] { return (claimed = worker.claim().size()) > 0; }));
    return claimed;
  };
  CHECK(delivered_before(2) == 64);
  CHECK(worker.claim(100, {.moving = 64, .suspects = 64, .smallest = 64}).empty());
  CHECK(worker.claim(100, {.moving = 63, .suspects = 63, .smallest = 64}).size() == 1);
  exec("delete from pawl.outbox");
  CHECK(delivered_before(3) == 8);
  exec("delete from pawl.outbox");
  CHECK(delivered_before(4) == 1);
}

TEST_CASE_METHOD(PostgresFixture,
                 "P8: an event on its last delivery is claimed when nothing moves, and nothing with it") {
  Worker worker(*this);
  worker.open();
  const std::string last = emit();
  exec("update pawl.outbox set deliveries = 4");
  const std::string suspect = emit();
  exec("update pawl.outbox set deliveries = 1 where deliveries = 0");
  const std::string fresh = emit();
  for (int turn = 0; turn < 3; ++turn) CHECK(worker.claim(100, {.moving = 1}).empty());
  CHECK(worker.claim_ids() == std::vector<std::string>{last});
  CHECK(worker.claim(100, {.moving = 1, .suspects = 1, .smallest = 1}).empty());
  CHECK(worker.claim_ids() == std::vector<std::string>{suspect, fresh});
}

TEST_CASE_METHOD(PostgresFixture, "claiming nothing writes nothing") {
  Worker worker(*this);
  worker.open();
  worker.claim();
  const std::string xid = value("select pg_snapshot_xmax(pg_current_snapshot())");
  for (int count = 0; count < 10; ++count) CHECK(worker.claim().empty());
  CHECK(value("select pg_snapshot_xmax(pg_current_snapshot())") == xid);
}

TEST_CASE_METHOD(PostgresFixture, "events of a claim that failed after leasing them are found by the next claim") {
  Worker dead(*this), worker(*this);
  dead.open();
  const std::vector<std::string> redelivered = emit_many(3);
  REQUIRE(dead.claim().size() == 3);
  dead.expire();
  worker.open();
  emit();
  exec(
      "create function fail() returns trigger language plpgsql as $$ begin"
      " raise exception 'out of luck' using errcode = 'query_canceled'; end $$");
  exec(
      "create trigger fail before update on pawl.outbox for each row"
      " when (old.deliveries = 0 and new.lease_epoch is not null) execute function fail()");
  CHECK_THROWS_AS(worker.claim(), engine::UnavailableError);
  exec("drop trigger fail on pawl.outbox");
  REQUIRE(value("select count(*) from pawl.outbox where lease_epoch is not null") == "3");
  std::vector<std::string> found;  // a few at first, since it may have been too much at once
  for (int claims = 0; claims < 3 && found.size() < redelivered.size(); ++claims)
    for (const std::string& id : worker.claim_ids()) found.push_back(id);
  CHECK(found == redelivered);
  CHECK(value("select max(deliveries) from pawl.outbox where id = any($1::uuid[])", {"{" + redelivered[0] + "}"}) ==
        "2");
}

TEST_CASE_METHOD(PostgresFixture, "claiming under an epoch that is over says so") {
  Worker dead(*this), worker(*this);
  dead.open();
  dead.expire();
  worker.open();
  worker.claim();
  emit();
  CHECK_THROWS_AS(dead.claim(), engine::LeaseLostError);
}

TEST_CASE_METHOD(PostgresFixture, "after its connections were killed the outbox goes on", "[session]") {
  Worker worker(*this);
  worker.open();
  worker.claim();
  worker.outbox.renew();
  const std::string id = emit();
  const auto killed = exec(
      "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
      " where datname = current_database() and pid <> pg_backend_pid()");
  REQUIRE(killed.size() == 3);
  worker.outbox.renew();
  const auto claim_again = [&] {
    try {
      return worker.claim_ids() == std::vector<std::string>{id};
    } catch (const engine::UnavailableError&) {
      return false;
    }
  };
  CHECK(eventually(claim_again));
}

TEST_CASE_METHOD(PostgresFixture, "a claim that arrives after it was given up takes nothing") {
  Worker worker(*this);
  worker.open();
  const std::string id = emit();
  std::future<std::vector<std::string>> late;
  connection.transact("give the claim up", [&](storage::Transaction& transaction) {
    transaction.run("select from pawl.workers for update");
    late = std::async(std::launch::async, [&] { return worker.claim_ids(); });
    CHECK(eventually([&] { return transaction.run("select from pg_locks where not granted").size() > 0; }));
    transaction.run("update pawl.workers set claims_from = 2");
  });
  CHECK(late.get().empty());
  CHECK(value("select lease_epoch is null and deliveries = 0 from pawl.outbox") == "t");
  CHECK(worker.claim_ids() == std::vector<std::string>{id});
}
