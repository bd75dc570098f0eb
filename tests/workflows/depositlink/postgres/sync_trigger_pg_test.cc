// The trigger on sync logs: it refuses no business write, and what it cannot read is told as the reason of a failure.
#include <catch2/catch.hpp>

#include "tests/storage/postgres_fixture.h"

using namespace pawl;
using namespace pawl::tests;

namespace {

struct SyncTriggerFixture : PostgresFixture {
  const Organisation acme{*this, "acme"};

  /// A failed sync with these SQL expressions; the field of its event's payload.
  void fail(const std::string& message, const std::string& finished_at = "now()") {
    exec("truncate pawl.outbox");
    exec("insert into pms_sync_logs (connection_id, status, error_message, finished_at) values ('" + acme.connection +
         "', 'error', " + message + ", " + finished_at + ")");
  }
  std::string payload(const std::string& field) { return value("select payload->>$1 from pawl.outbox", {field}); }
  std::string events() { return value("select count(*) from pawl.outbox"); }
};

}  // namespace

TEST_CASE_METHOD(SyncTriggerFixture, "an error text of any length makes an event, cut with a visible mark") {
  fail("repeat('x', 65536)");
  CHECK(payload("error_message") == std::string(65536, 'x'));
  fail("repeat('é', 65537)");
  CHECK(payload("error_message").ends_with("é [cut by pawl: it has 131074 bytes]"));
  for (const char* text : {"repeat('x', 9000000)", "repeat('x', 300000000)"}) {
    fail(text);
    CHECK(payload("error_message").size() < 66000);
    CHECK(payload("error_message").find("[cut by pawl: it has ") != std::string::npos);
    CHECK(payload("unreadable").empty());
  }
}

TEST_CASE_METHOD(SyncTriggerFixture,
                 "a time outside of the calendar is taken for the time of the failure's own transaction") {
  for (const char* time : {"'infinity'", "'-infinity'", "'20000-01-01'", "'0044-03-15 BC'", "null"}) {
    CAPTURE(time);
    fail("'boom'", time);
    CHECK(value("select abs(extract(epoch from (payload->>'occurred_at')::timestamptz - created_at)) <= 1"
                " from pawl.outbox") == "t");
  }
  fail("'boom'", "'2026-11-24 03:00:00+00'");
  CHECK(payload("occurred_at") == "2026-11-24T03:00:00Z");
}

TEST_CASE_METHOD(SyncTriggerFixture, "what the trigger may not read refuses no business write: the event says why") {
  const std::string owner = "owner_in_" + name;
  exec("create role " + owner);
  exec("grant usage on schema pawl to " + owner);
  exec("alter view pawl.connections owner to " + owner);
  fail("'boom'");
  CHECK(payload("unreadable").find("permission denied for table pms_connections") == 0);
  CHECK(payload("connection_id") == acme.connection);
  CHECK(payload("error_message") == "boom");
  exec("alter view pawl.connections owner to current_user");
  exec("drop owned by " + owner);
  exec("drop role " + owner);
  fail("'boom'");
  CHECK(payload("unreadable").empty());
  CHECK(payload("org_id") == acme.id);
}

TEST_CASE_METHOD(SyncTriggerFixture,
                 "a connection that is not there, and a view that is gone, refuse no business write") {
  exec("alter table pms_sync_logs drop constraint pms_sync_logs_connection_id_fkey");
  exec("delete from pms_connections");
  fail("'boom'");
  CHECK(payload("unreadable") == "pawl.connections shows no connection " + acme.connection);
  exec("drop view pawl.connections");
  fail("'boom'");
  CHECK(payload("unreadable").find("pawl.connections") != std::string::npos);
}

TEST_CASE_METHOD(SyncTriggerFixture,
                 "a column that is dropped or changes its type under the trigger refuses no business write") {
  fail("'boom'");
  exec("alter table pms_sync_logs alter error_message type varchar");
  fail("'in words'");
  CHECK(payload("error_message") == "in words");
  exec("alter table pms_sync_logs alter finished_at type text");
  fail("'in words'", "'2026-11-24T03:00:00Z'");
  CHECK(payload("occurred_at") == "2026-11-24T03:00:00Z");
  exec("alter table pms_sync_logs drop error_message, drop finished_at");
  exec("truncate pawl.outbox");
  exec("insert into pms_sync_logs (connection_id, status) values ('" + acme.connection + "', 'error')");
  CHECK(payload("error_message").empty());
  CHECK(payload("unreadable").empty());
  CHECK(payload("org_id") == acme.id);
  exec("alter table pms_sync_logs drop constraint pms_sync_logs_pkey, drop id");
  exec("truncate pawl.outbox");
  exec("insert into pms_sync_logs (connection_id, status) values ('" + acme.connection + "', 'error')");
  CHECK(payload("unreadable").find("\"id\"") != std::string::npos);
}

TEST_CASE_METHOD(SyncTriggerFixture,
                 "a conflict that the trigger meets is the transaction's, which is to be repeated") {
  exec(
      "create or replace view pawl.connections as select id as connection_id, org_id, provider, label"
      " from pms_connections where pg_catalog.set_config('test.read', 'yes', true) = 'yes'");
  exec(
      "create function conflict() returns text language plpgsql as"
      " $$ begin raise exception 'conflict' using errcode = 'serialization_failure'; end $$");
  exec(
      "create or replace view pawl.connections as select id as connection_id, org_id, provider, conflict() as label"
      " from pms_connections");
  CHECK_THROWS_WITH(
      connection.run_once("fail a sync", "insert into pms_sync_logs (connection_id, status) values ($1::uuid, 'error')",
                          {acme.connection}),
      Catch::Contains("conflict"));
}

TEST_CASE_METHOD(SyncTriggerFixture, "a table of the deployment's own may lack what pms_sync_logs has") {
  exec("create table failures (id bigint, connection_id text, error_message json)");
  exec("create trigger tell after insert on failures for each row execute function pawl.emit_sync_failed()");
  exec("truncate pawl.outbox");
  exec("insert into failures values (1, null, '{\"a\": 1}'), (2, 'x', null)");
  CHECK(events() == "2");
}

TEST_CASE_METHOD(SyncTriggerFixture,
                 "an error row that moves between partitions is told once, and one that becomes an error is told") {
  exec("drop table pms_sync_logs");
  exec(
      "create table pms_sync_logs (id uuid default gen_random_uuid(), connection_id uuid, status text,"
      " error_message text, started_at timestamptz, finished_at timestamptz) partition by range (started_at)");
  exec("create table logs_2025 partition of pms_sync_logs for values from ('2025-01-01') to ('2026-01-01')");
  exec("create table logs_2026 partition of pms_sync_logs for values from ('2026-01-01') to ('2027-01-01')");
  exec("select pawl.mend_triggers()");
  exec(
      "insert into pms_sync_logs (connection_id, status, started_at) select $1::uuid, 'error', '2025-02-01'"
      " from generate_series(1, 3)",
      {acme.connection});
  CHECK(events() == "3");
  exec("update pms_sync_logs set started_at = '2026-02-01', error_message = 'corrected'");
  CHECK(events() == "3");
  exec("update pms_sync_logs set started_at = '2025-02-01', status = 'running'");
  CHECK(events() == "3");
  exec("update pms_sync_logs set started_at = '2026-02-01', status = 'error'");
  CHECK(events() == "6");

  const std::string id = value("select id from pms_sync_logs limit 1");
  const auto one_query = [&](const std::string& statements) {
    connection.transact("send", [&](storage::Transaction& transaction) { transaction.script(statements); });
  };
  one_query("delete from pms_sync_logs where id = '" + id + "'; insert into pms_sync_logs values ('" + id + "', '" +
            acme.connection + "', 'error', 'another failure', '2026-02-01')");
  CHECK(events() == "7");
  one_query("insert into pms_sync_logs (connection_id, status, started_at, error_message) values ('" + acme.connection +
            "', 'error', '2025-02-01', 'x');"
            " update pms_sync_logs set started_at = '2026-03-01' where error_message = 'x'");
  CHECK(events() == "8");
}
