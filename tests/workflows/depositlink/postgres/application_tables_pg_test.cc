// What the application may do to its own tables and types: pawl names what it cannot work with, and runs no code of
// theirs.
#include <catch2/catch.hpp>
#include <set>

#include "engine/authoring/errors.h"
#include "storage/schema/migrator.h"
#include "tests/storage/postgres_fixture.h"
#include "tests/storage/postgres_lines.h"

using namespace pawl;
using namespace pawl::tests;

namespace {

struct ApplicationTablesFixture : PostgresFixture {
  const Organisation acme{*this, "acme"};
  std::string problems() { return value("select coalesce(string_agg(problem, '; '), '') from pawl.problems()"); }
  void migrate() { storage::migrate_postgres(conninfo, false, postgres_lines()); }
  std::string payload(const std::string& field) {
    return value("select payload->>$1 from pawl.outbox order by position desc limit 1", {field});
  }
  void fail(const std::string& columns, const std::string& values) {
    exec("insert into pms_sync_logs (connection_id, status" + columns + ") values ('" + acme.connection + "', 'error'" +
         values + ")");
  }
  /// A type of the application's whose casts are functions that leave a trace.
  void create_type(const std::string& type, const std::string& base) {
    exec("create table if not exists ran (what text)");
    exec("create type " + type + " as (v " + base + ")");
    for (const std::string& target : std::set<std::string>{"text", "json", base}) {
      exec("create function " + type + "_to_" + target + "(v " + type + ") returns " + target +
           " language plpgsql as $$ begin insert into public.ran values ('" + type + " to " + target +
           "'); return null; end $$");
      exec("create cast (" + type + " as " + target + ") with function " + type + "_to_" + target + " as implicit");
    }
  }
  std::string ran() { return value("select coalesce(string_agg(what, ', '), '') from ran"); }
};

const std::string kUnique = "notifications_event_id_user_id_kind_key";

}  // namespace

TEST_CASE_METHOD(ApplicationTablesFixture, "a cast of the application's never runs with the rights of who migrated") {
  create_type("msg", "text");
  exec("alter table pms_sync_logs alter error_message type msg using row(error_message)::msg");
  fail(", error_message", ", row('boom')");
  CHECK(payload("error_message") == "(boom)");
  create_type("moment", "timestamptz");
  exec("alter table pms_sync_logs alter finished_at type moment using row(finished_at)::moment");
  fail(", finished_at", ", row('2026-11-24 03:00:00+00')");
  CHECK(payload("org_id") == acme.id);
  create_type("key", "uuid");
  exec("alter table pms_sync_logs drop constraint pms_sync_logs_pkey");
  exec("alter table pms_sync_logs alter id drop default, alter id type key using row(id)::key");
  fail(", id", ", row('00000000-0000-4000-8000-000000000001')");
  CHECK(payload("sync_log_id") == "(00000000-0000-4000-8000-000000000001)");
  exec("alter table pms_sync_logs drop constraint pms_sync_logs_connection_id_fkey");
  exec("alter table pms_sync_logs alter connection_id type key using row(connection_id)::key");
  exec("insert into pms_sync_logs (id, connection_id, status) values (row($1::uuid), row($1::uuid), 'error')",
       {acme.connection});
  CHECK(payload("connection_id") == "(" + acme.connection + ")");
  CHECK(ran() == "");
}

TEST_CASE_METHOD(ApplicationTablesFixture,
                 "no cast of the application's runs for a log that moves between partitions") {
  create_type("msg", "text");
  exec("drop table pms_sync_logs");
  exec(
      "create table pms_sync_logs (id uuid default gen_random_uuid(), connection_id uuid, status text, extra msg,"
      " error_message msg, started_at date, finished_at timestamptz) partition by range (started_at)");
  exec("create table logs_2025 partition of pms_sync_logs for values from ('2025-01-01') to ('2026-01-01')");
  exec("create table logs_2026 partition of pms_sync_logs for values from ('2026-01-01') to ('2027-01-01')");
  exec("select pawl.mend_triggers()");
  fail(", started_at, error_message, extra", ", '2025-02-01', row('boom'), row('more')");
  exec("update pms_sync_logs set started_at = '2026-02-01'");
  CHECK(value("select count(*) from pawl.outbox") == "1");
  CHECK(ran() == "");
}

TEST_CASE_METHOD(ApplicationTablesFixture,
                 "a column that gets the application's own type is read by the views without its casts") {
  create_type("msg", "text");
  connection.transact("alter", [](storage::Transaction& transaction) {
    transaction.script(
        "select pawl.release_application();"
        "alter table pms_connections alter label type msg using row('Main')::msg;"
        "alter table users alter full_name type msg using row('Ada')::msg;"
        "select pawl.bind_application()");
  });
  CHECK(value("select full_name from pawl.recipients where user_id = $1::uuid", {acme.owner}) == "(Ada)");
  acme.fail_sync();
  CHECK(payload("label") == "(Main)");
  CHECK(ran() == "");
  CHECK(problems() == "");
}

TEST_CASE_METHOD(ApplicationTablesFixture, "runs are looked for by a user's id without casts of the application's") {
  create_type("key", "uuid");
  exec(
      "insert into notifications (event_id, user_id, org_id, kind, urgency, title, body) values ($1::uuid, $2::uuid,"
      " $3::uuid, 'k', 'u', 't', 'b')",
      {acme.fail_sync(), acme.owner, acme.id});
  exec("alter table notifications drop constraint " + kUnique);
  exec("alter table notifications alter user_id type key using row(user_id)::key");
  exec("select pawl.runs_notifying(array[$1::uuid], 'x')", {acme.id});
  exec("alter table notifications alter event_id type key using row(event_id)::key");
  CHECK_THROWS_WITH(exec("select pawl.runs_notifying(array[$1::uuid], 'x')", {acme.id}),
                    Catch::Contains("event_id is the application's own"));
  CHECK(ran() == "");
}

TEST_CASE_METHOD(ApplicationTablesFixture,
                 "a view of somebody else's that a superuser's trigger would read is refused") {
  const std::string other = "svc_in_" + name;
  exec("create role " + other);
  exec("alter table pms_connections rename to real_connections");
  exec("create view pms_connections as select * from real_connections");
  exec(
      "create or replace view pawl.connections as select id as connection_id, org_id, provider, label from"
      " pms_connections");
  CHECK(problems() == "");
  exec("alter view pms_connections owner to " + other);
  CHECK_THAT(problems(), Catch::Contains("reads the view public.pms_connections of " + other));
  CHECK_THROWS_AS(migrate(), engine::RefusedError);
  exec("drop owned by " + other + " cascade");
  exec("drop role " + other);
}

TEST_CASE_METHOD(ApplicationTablesFixture,
                 "a table of notifications that pawl cannot work with is named by migrate and by a worker") {
  const std::string drop = "alter table notifications drop constraint " + kUnique + "; ";
  const auto [change, named] = GENERATE_COPY(table<std::string, std::string>({
      {drop, "no unique constraint on exactly (event_id, user_id, kind)"},
      {drop + "create unique index on notifications (event_id, user_id, kind) where archived_at is null", "no unique"},
      {drop + "alter table notifications add unique (event_id, user_id, kind) deferrable", "no unique constraint"},
      {drop + "alter table notifications add unique (event_id, user_id, kind, title)", "no unique constraint"},
      {"create rule r as on insert to notifications where new.title = '' do instead nothing", "has the rule r"},
      {"alter table notifications add tenant text not null", "notifications.tenant is not null and has no default"},
      {"create type k as enum ('pms.sync_failed'); alter table notifications alter kind type k using kind::k",
       "notifications.kind is public.k, which takes no text"},
      {"alter table notifications drop link", "lacks the column link"},
      {"alter table notifications alter id drop default, drop constraint notifications_pkey;"
       "alter table notifications drop id; alter table notifications add id bigint generated always as identity",
       "notifications.id gets no value"},
  }));
  INFO(change);
  connection.transact("change", [&](storage::Transaction& transaction) { transaction.script(change); });
  CHECK_THAT(problems(), Catch::Contains(named));
  CHECK_THROWS_AS(migrate(), engine::RefusedError);
  CHECK_THROWS_WITH(migrate(), Catch::Contains(named));
}

TEST_CASE_METHOD(ApplicationTablesFixture, "tables of notifications that pawl can work with are no problem") {
  const std::string change = GENERATE(
      "alter table notifications alter kind type varchar(40), alter data type json using data::json",
      "alter table notifications add tenant text not null default ''",
      "alter table notifications drop constraint notifications_event_id_user_id_kind_key;"
      "create unique index on notifications (kind, user_id, event_id) include (title)",
      "create domain note as text; alter table notifications alter title type note",
      "alter table notifications add tenant text not null; create function fill() returns trigger language plpgsql as"
      " $$ begin new.tenant := 'x'; return new; end $$; create trigger f before insert on notifications for each row"
      " execute function fill()",
      "alter table notifications rename to n_old; create table notifications (like n_old including defaults,"
      " unique (event_id, user_id, kind)) partition by hash (event_id)");
  INFO(change);
  connection.transact("change", [&](storage::Transaction& transaction) { transaction.script(change); });
  CHECK(problems() == "");
}

TEST_CASE_METHOD(ApplicationTablesFixture,
                 "the application alters the status of its logs, and each failure makes its event meanwhile") {
  exec("alter table pms_sync_logs enable always trigger pawl_sync_failed_on_update");
  CHECK_THROWS(exec("alter table pms_sync_logs alter status type varchar(20)"));
  const std::string triggers =
      "select string_agg(concat_ws(' ', tgname, tgenabled, pawl.may_fire(oid)), ', ' order by tgname) from pg_trigger"
      " where tgname like 'pawl_sync%'";
  const std::string before = value(triggers);
  exec("select pawl.release_application()");
  exec("alter table pms_sync_logs alter status type varchar(20)");
  CHECK_THAT(problems(), Catch::Contains("pawl.bind_application()") && !Catch::Contains("syncs make no events"));
  exec("insert into pms_sync_logs (connection_id, status) select $1::uuid, s from unnest(array['error', 'running']) s",
       {acme.connection});
  CHECK(value("select count(*) from pawl.outbox") == "1");
  exec("update pms_sync_logs set status = 'error'");
  CHECK(value("select count(*) from pawl.outbox") == "2");
  exec("select pawl.bind_application()");
  CHECK(value(triggers) == before);
  CHECK(problems() == "");
  exec("update pms_sync_logs set status = 'running'");
  CHECK(value("select count(*) from pawl.outbox") == "2");
  exec("update pms_sync_logs set status = 'error'");
  CHECK(value("select count(*) from pawl.outbox") == "4");
}

TEST_CASE_METHOD(ApplicationTablesFixture,
                 "application tables that have moved, or are not restored yet, are named with what to do") {
  exec("create schema app");
  for (const std::string table : {"notifications", "pms_sync_logs"}) exec("alter table " + table + " set schema app");
  CHECK_THAT(problems(), Catch::Contains("there is no public.notifications any more") &&
                             Catch::Contains("update pawl.application set schema = 'app', and run `pawl migrate`"));
  CHECK_THROWS_WITH(migrate(), Catch::Contains("update pawl.application set schema = 'app'"));
  exec("update pawl.application set schema = 'app'");
  migrate();
  CHECK(problems() == "");
  exec("drop view pawl.recipients cascade");
  CHECK_THAT(problems(), Catch::Contains("and then the schema pawl from the same dump"));
}
