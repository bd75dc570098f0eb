// How events get into the outbox: pawl.emit and the trigger on sync logs.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <thread>

#include "engine/authoring/errors.h"
#include "tests/storage/postgres_fixture.h"

using namespace pawl;
using namespace pawl::tests;

namespace {
struct EmitFixture : PostgresFixture {
  Organisation acme{*this};
  std::string events() { return value("select count(*) from pawl.outbox"); }
};
}  // namespace

TEST_CASE_METHOD(EmitFixture, "an error row and its event commit together") {
  const std::string log = acme.fail_sync("401 \"token\" \\ revoked\n{}");
  REQUIRE(events() == "1");
  const auto row = exec("select type, aggregatetype, aggregateid, payload from pawl.outbox").at(0);
  CHECK(row[0] == "pms/connection.sync.failed");
  CHECK(row[1] == "pms_connection");
  CHECK(row[2] == acme.connection);
  const auto payload = nlohmann::json::parse(row[3]);
  CHECK(payload["connection_id"] == acme.connection);
  CHECK(payload["sync_log_id"] == log);
  CHECK(payload["org_id"] == acme.id);
  CHECK(payload["provider"] == "Reapit");
  CHECK(payload["label"] == "Main");
  CHECK(payload["error_message"] == "401 \"token\" \\ revoked\n{}");
  CHECK(payload["occurred_at"].get<std::string>().size() == std::string("2026-11-24T03:00:00Z").size());
  CHECK(payload.size() == 7);
}

TEST_CASE_METHOD(EmitFixture, "a rolled back business write emits nothing") {
  CHECK_THROWS_AS(connection.transact(
                      "fail",
                      [&](storage::Transaction& transaction) {
                        transaction.run("insert into pms_sync_logs (connection_id, status) values ($1::uuid, 'error')",
                                        {acme.connection});
                        transaction.run("select pawl.emit('test/event', 'thing', '1', '{}')");
                        throw engine::Error("the business changed its mind");
                      }),
                  engine::Error);
  CHECK(events() == "0");
  CHECK(value("select count(*) from pms_sync_logs") == "0");
}

TEST_CASE_METHOD(EmitFixture, "if the event cannot be written, neither is the error row") {
  exec("alter table pawl.outbox add constraint nothing_fits check (false) not valid");
  CHECK_THROWS_AS(acme.fail_sync(), engine::Error);
  CHECK(value("select count(*) from pms_sync_logs") == "0");
}

TEST_CASE_METHOD(EmitFixture, "becoming an error emits once; staying one emits nothing again") {
  const std::string log = value(
      "insert into pms_sync_logs (connection_id, status) values ($1::uuid, 'running') returning id", {acme.connection});
  CHECK(events() == "0");
  exec("update pms_sync_logs set status = 'error', error_message = 'x', finished_at = '2026-01-02 03:04:05.6+02'");
  CHECK(events() == "1");
  CHECK(value("select payload->>'occurred_at' from pawl.outbox") == "2026-01-02T01:04:05Z");
  exec("update pms_sync_logs set error_message = 'y'");
  exec("update pms_sync_logs set status = 'error'");
  CHECK(events() == "1");
  exec("update pms_sync_logs set status = 'running'");
  CHECK(events() == "1");
  exec("update pms_sync_logs set status = 'error'");
  CHECK(events() == "2");
}

TEST_CASE_METHOD(EmitFixture, "success emits nothing") {
  exec("insert into pms_sync_logs (connection_id, status) values ($1::uuid, 'success')", {acme.connection});
  CHECK(events() == "0");
}

TEST_CASE_METHOD(EmitFixture, "an error row without a message or a known connection still has its event") {
  exec("alter table pms_sync_logs drop constraint pms_sync_logs_connection_id_fkey");
  exec("insert into pms_sync_logs (connection_id, status) values (gen_random_uuid(), 'error')");
  CHECK(value("select payload->>'error_message' from pawl.outbox") == "");
  CHECK(value("select payload->'org_id' from pawl.outbox") == "null");
}

TEST_CASE_METHOD(PostgresFixture, "ids of events are UUIDs of version 7 in the order of time") {
  const std::string before = value("select floor(extract(epoch from clock_timestamp()) * 1000)::bigint");
  std::string last;
  for (int i = 0; i < 50; ++i) {
    const std::string id = emit();
    CHECK(id > last);
    CHECK(std::stoll(id.substr(0, 8) + id.substr(9, 4), nullptr, 16) >= std::stoll(before));
    CHECK(id[14] == '7');
    CHECK(std::string("89ab").find(id[19]) != std::string::npos);
    CHECK(id.substr(19) != (last.empty() ? "" : last.substr(19)));
    last = id;
  }
  const std::string after = value("select ceil(extract(epoch from clock_timestamp()) * 1000)::bigint");
  CHECK(std::stoll(last.substr(0, 8) + last.substr(9, 4), nullptr, 16) <= std::stoll(after));
}

TEST_CASE_METHOD(EmitFixture, "emitting an unfinished id again changes nothing") {
  const std::string id = emit();
  CHECK(value("select pawl.emit('other/type', 'thing', '2', '{\"a\": 1}', $1::uuid)", {id}) == id);
  CHECK(events() == "1");
  CHECK(value("select type from pawl.outbox") == "test/event");
}

TEST_CASE_METHOD(PostgresFixture, "an event carries its organisation as tenant where its payload names one") {
  const Organisation acme(*this);
  acme.fail_sync();
  CHECK(value("select headers->>'tenant' from pawl.outbox") == acme.id);
  for (const char* payload : {"{}", "[1]", "7", "{\"org_id\": null}"}) {
    const std::string id = value("select pawl.emit('test/event', 'thing', '1', $1::jsonb)", {payload});
    CHECK(value("select headers from pawl.outbox where id = $1::uuid", {id}) == "{}");
  }
}

TEST_CASE_METHOD(EmitFixture,
                 "P2: an id is taken once over outbox and archive, also while its event is being archived") {
  const std::string id = Worker::new_store();
  const std::string emit_it = "select pawl.emit('test/event', 'thing', '1', '{}', $1::uuid)";
  REQUIRE(value(emit_it, {id}) == id);
  Worker worker(*this);
  worker.open();
  const auto event = worker.claim().at(0);
  SECTION("its event was archived before") {
    const auto end = GENERATE(engine::RunStatus::kDone, engine::RunStatus::kFailed);
    worker.finish(event, end, "why");
  }
  SECTION("its event is archived meanwhile") {
    storage::PostgresConnection other(conninfo), watch(conninfo);
    std::thread emitting;
    other.transact("archive", [&](storage::Transaction& transaction) {
      transaction.run(
          "with gone as (delete from pawl.outbox returning *) insert into pawl.outbox_archive (position, id, "
          "created_at,"
          " deliveries, resumes, store, status, workflow, type, aggregatetype, aggregateid, payload, headers)"
          " select position, id, created_at, deliveries, resumes, gen_random_uuid(), 'done', workflow, type, "
          "aggregatetype,"
          " aggregateid, payload, headers from gone");
      emitting = std::thread([&] { connection.run("emit", emit_it, {id}); });
      eventually([&] {
        return watch
                   .run("look",
                        "select count(*) from pg_stat_activity where datname = current_database()"
                        " and wait_event_type = 'Lock'",
                        {})
                   .string(0, 0) == "1";
      });
    });
    emitting.join();
  }
  CHECK(value(emit_it, {id}) == id);
  CHECK(events() == "0");
  CHECK(value("select count(*) from pawl.outbox_archive") == "1");
}

TEST_CASE_METHOD(EmitFixture, "an id of one's own is refused in a transaction that could not see whether it is taken") {
  const auto level = GENERATE("repeatable read", "serializable");
  CHECK_THROWS_WITH(connection.transact("emit",
                                        [&](storage::Transaction& transaction) {
                                          transaction.script("commit; begin isolation level " + std::string(level));
                                          transaction.run(
                                              "select pawl.emit('test/event', 'thing', '1', '{}', $1::uuid)",
                                              {Worker::new_store()});
                                        }),
                    Catch::Contains("needs a transaction in read committed, this one is in " + std::string(level)));
  CHECK(events() == "0");
}

TEST_CASE_METHOD(EmitFixture, "names of more than 1024 bytes are refused, and the trigger's business write never is") {
  for (const std::string names : {"repeat('x', 1025), 'thing', '1'", "'test/event', repeat('x', 1025), '1'",
                                  "'test/event', 'thing', repeat('x', 1025)"})
    CHECK_THROWS_WITH(exec("select pawl.emit(" + names + ", '{}')"), Catch::Contains("1024 bytes"));
  const std::string tenant = "jsonb_build_object('org_id', repeat('x', 1025))";
  CHECK_THROWS_WITH(exec("select pawl.emit('test/event', 'thing', '1', " + tenant + ")"),
                    Catch::Contains("1024 bytes"));
  CHECK_THROWS_WITH(exec("insert into pawl.outbox (id, type, aggregatetype, aggregateid, payload, headers) values"
                         " (gen_random_uuid(), 't', 'a', 'b', '{}', jsonb_build_object('tenant', repeat('x', 1025)))"),
                    Catch::Contains("outbox_names_short"));
  CHECK(events() == "0");
  exec("select pawl.emit('test/event', 'thing', repeat('x', 1024), '{}')");
  exec("drop view pawl.connections");
  exec(
      "create view pawl.connections as select id as connection_id, repeat('x', 1025) as org_id, provider, label"
      " from pms_connections");
  acme.fail_sync();
  CHECK(value("select payload->>'unreadable' from pawl.outbox where type like 'pms%'") ==
        "pawl.connections shows an org_id of more than 1024 bytes");
}
