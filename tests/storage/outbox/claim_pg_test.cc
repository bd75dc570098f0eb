// Claiming: order, exclusion, and finding what appears late.
#include <algorithm>
#include <catch2/catch.hpp>
#include <future>

#include "engine/authoring/errors.h"
#include "tests/storage/postgres_fixture.h"

using namespace pawl;
using namespace pawl::tests;

TEST_CASE_METHOD(PostgresFixture, "an event is claimed with what its producer said of it, and when that was") {
  Worker worker(*this);
  worker.open();
  const std::string id = value("select pawl.emit('test/event', 'thing', 'x\"y', '{\"b\": 1.50, \"a\": \"\\u00e9\"}')");
  const auto event = worker.claim().at(0);
  CHECK(event.id == id);
  CHECK(event.aggregate_type == "thing");
  CHECK(event.aggregate_id == "x\"y");
  CHECK(event.payload == value("select payload from pawl.outbox where id = $1::uuid", {id}));
  CHECK(std::to_string(event.created_at.time_since_epoch().count()) ==
        value("select (extract(epoch from created_at) * 1000000)::bigint from pawl.outbox where id = $1::uuid", {id}));
}

TEST_CASE_METHOD(PostgresFixture,
                 "an event is claimed with the trace in which it was emitted, as the producer or the session says") {
  const std::string given = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const std::string of_session = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  Worker worker(*this);
  worker.open();
  const auto emitted = [&](const std::string& session, const std::string& headers) {
    connection.transact("emit", [&](storage::Transaction& transaction) {
      transaction.run("select set_config('pawl.traceparent', $1, true), set_config('pawl.tracestate', 'a=b', true)",
                      {session});
      transaction.run("select pawl.emit('test/event', 'thing', '1', '{\"org_id\": \"o\"}', headers => $1::jsonb)",
                      {headers});
    });
    return worker.claim().at(0);
  };
  const auto from_session = emitted(of_session, "{}");
  CHECK(from_session.traceparent == of_session);
  CHECK(value("select headers->>'tracestate' from pawl.outbox") == "a=b");
  worker.finish(from_session);
  CHECK(value("select headers->>'traceparent' from pawl.outbox_archive") == of_session);
  const auto both = emitted(of_session, "{\"traceparent\": \"" + given + "\", \"tenant\": \"evil\", \"x\": 1}");
  CHECK(both.traceparent == given);
  CHECK(both.tenant == "o");
  CHECK(value("select headers->>'x' from pawl.outbox") == "1");
  CHECK(emitted("junk", "{}").traceparent.empty());
  CHECK_THROWS_WITH(emitted("", "[1]"), Catch::Contains("its headers are array"));
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

TEST_CASE_METHOD(PostgresFixture, "a worker that finds nothing says so of events that a claim before it still holds") {
  Worker worker(*this);
  worker.open();
  const std::string locked = emit();
  connection.transact("a claim that was given up", [&](storage::Transaction& transaction) {
    transaction.run("select from pawl.outbox where id = $1::uuid for update", {locked});
    CHECK(worker.claim().empty());
    CHECK(worker.outbox.may_have_missed());
  });
  CHECK(eventually([&] { return worker.claim_ids() == std::vector<std::string>{locked}; }));
  CHECK(worker.claim().empty());
  CHECK_FALSE(worker.outbox.may_have_missed());
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

TEST_CASE_METHOD(PostgresFixture, "an event is not claimed before it is available") {
  Worker worker(*this);
  worker.open();
  const std::string id = emit();
  exec("update pawl.outbox set available_at = now() + interval '1 hour'");
  CHECK(worker.claim().empty());
  exec("update pawl.outbox set available_at = now()");
  CHECK(eventually([&] { return worker.claim_ids() == std::vector<std::string>{id}; }));
}

TEST_CASE_METHOD(PostgresFixture, "claiming nothing writes nothing") {
  Worker worker(*this);
  worker.open();
  worker.claim();
  CHECK(eventually([&] {  // transactions of others in the cluster are counted as well: in a moment without any
    const std::string xid = value("select pg_snapshot_xmax(pg_current_snapshot())");
    for (int count = 0; count < 10; ++count) CHECK(worker.claim().empty());
    return value("select pg_snapshot_xmax(pg_current_snapshot())") == xid;
  }));
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
