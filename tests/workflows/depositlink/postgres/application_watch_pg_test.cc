// What keeps failed syncs from becoming events, or hides people from pawl, is found, and mended or refused.
#include <catch2/catch.hpp>
#include <future>

#include "engine/authoring/errors.h"
#include "storage/outbox/chores/application_watch.h"
#include "storage/schema/migrator.h"
#include "tests/storage/postgres_fixture.h"
#include "tests/storage/postgres_lines.h"
#include "workflows/depositlink/postgres/audience.h"
#include "workflows/depositlink/postgres/postgres_inbox.h"
#include "workflows/depositlink/postgres/postgres_recipients.h"
#include "workflows/mail/ledger/postgres_mail_ledger.h"

using namespace pawl;
using namespace pawl::tests;
using Names = std::vector<std::string>;

namespace {

struct ApplicationWatchFixture : PostgresFixture {
  ~ApplicationWatchFixture() {
    for (const auto& row : exec("select rolname from pg_roles where rolname like $1", {"%_in_" + name})) {
      exec("reassign owned by " + row[0] + " to current_user");
      exec("drop owned by " + row[0]);
      exec("drop role " + row[0]);
    }
  }
  std::string create_role(const std::string& role, const std::string& options = "") {
    exec("create role " + role + "_in_" + name + " " + options);
    return role + "_in_" + name;
  }
  std::string problems() {
    std::string text;
    for (const auto& problem : storage::application_problems(connection))
      text += problem.kind + ": " + problem.text + "\n";
    return text;
  }
  Names mended() { return storage::migrate_postgres(conninfo, false, postgres_lines()).mended; }
  std::string events() { return value("select count(*) from pawl.outbox"); }
};

const Names kBoth{"pawl_sync_failed_on_insert", "pawl_sync_failed_on_update"};
const std::string kOnUpdate = "when (new.status = 'error' and old.status is distinct from 'error')";

/// Makes one of migrate's triggers anew, in other words.
std::string replace(const std::string& trigger, const std::string& when, const std::string& condition) {
  return "create or replace trigger " + trigger + " " + when + " on pms_sync_logs for each row " + condition +
         " execute function pawl.emit_sync_failed()";
}

}  // namespace

TEST_CASE_METHOD(ApplicationWatchFixture,
                 "a trigger that is lost, disabled or fires for replication alone is found, and migrate mends it") {
  const Organisation acme(*this, "acme");
  CHECK(problems().empty());
  CHECK(mended().empty());
  const std::vector<std::pair<std::string, Names>> faults{
      {"drop trigger pawl_sync_failed_on_insert on pms_sync_logs", {kBoth[0]}},
      {"drop trigger pawl_sync_failed_on_update on pms_sync_logs", {kBoth[1]}},
      {"alter table pms_sync_logs disable trigger all", kBoth},
      {"alter table pms_sync_logs disable trigger pawl_sync_failed_on_update", {kBoth[1]}},
      {"alter table pms_sync_logs enable replica trigger pawl_sync_failed_on_insert", {kBoth[0]}},
      {replace(kBoth[0], "after insert", "when (false)"), {kBoth[0]}},
      {replace(kBoth[0], "after insert", "when (new.status = 'failed')"), {kBoth[0]}},
      {replace(kBoth[1], "after update of finished_at", kOnUpdate), {kBoth[1]}}};
  for (const auto& [fault, names] : faults) {
    INFO(fault);
    exec(fault);
    for (const std::string& trigger : names) CHECK(problems().find(trigger) != std::string::npos);
    CHECK(problems().find("run `pawl migrate`") != std::string::npos);
    CHECK(mended() == names);
    CHECK(problems().empty());
  }
  exec("alter table pms_sync_logs enable always trigger pawl_sync_failed_on_insert");
  CHECK(problems().empty());
  acme.fail_sync();
  CHECK(events() == "1");
}

TEST_CASE_METHOD(ApplicationWatchFixture,
                 "a log table that was rebuilt gets its triggers back, whether the old one is kept or not") {
  const Organisation acme(*this, "acme");
  for (const bool kept : {true, false}) {
    exec("alter table pms_sync_logs rename to old_logs");
    exec("create table pms_sync_logs (like old_logs including all)");
    if (!kept) exec("drop table old_logs");
    CHECK(mended() == kBoth);
    CHECK(problems().empty());
    exec("drop table if exists old_logs");
  }
  acme.fail_sync();
  CHECK(events() == "1");
}

TEST_CASE_METHOD(ApplicationWatchFixture,
                 "a log table that becomes partitioned is watched in each partition, also in the old table") {
  const Organisation acme(*this, "acme");
  exec("alter table pms_sync_logs rename to old_logs");
  exec("alter table old_logs drop constraint pms_sync_logs_pkey");
  exec("create table pms_sync_logs (like old_logs including defaults) partition by range (started_at)");
  exec("alter table pms_sync_logs attach partition old_logs for values from (minvalue) to ('2100-01-01')");
  exec("create table new_logs partition of pms_sync_logs default");
  CHECK(mended().size() == 3);
  CHECK(problems().empty());
  acme.fail_sync();
  exec("insert into pms_sync_logs (connection_id, status, started_at) values ($1::uuid, 'error', '2100-01-01')",
       {acme.connection});
  CHECK(events() == "2");
  exec("alter table new_logs disable trigger pawl_sync_failed_on_insert");
  CHECK(problems().find("new_logs is disabled") != std::string::npos);
  CHECK(mended() == Names{kBoth[0]});
  CHECK(problems().empty());
}

TEST_CASE_METHOD(ApplicationWatchFixture,
                 "any enabled trigger that calls the function counts, also on a table of the deployment's own") {
  exec("create table failures (id uuid, connection_id uuid, error_message text, finished_at timestamptz)");
  exec("create trigger tell after insert on failures for each row execute function pawl.emit_sync_failed()");
  exec("drop trigger pawl_sync_failed_on_insert on pms_sync_logs");
  exec("drop trigger pawl_sync_failed_on_update on pms_sync_logs");
  CHECK(problems().empty());
  CHECK(mended().empty());
  exec("drop table pms_sync_logs");
  CHECK(problems().empty());
  exec("alter table failures disable trigger tell");
  CHECK(problems().find("no table has a trigger that calls pawl.emit_sync_failed") != std::string::npos);
  CHECK_THROWS_WITH(mended(), Catch::Contains("no table has a trigger"));
}

TEST_CASE_METHOD(ApplicationWatchFixture,
                 "a trigger of the deployment's own on pms_sync_logs counts for what it fires on") {
  exec("drop trigger pawl_sync_failed_on_insert on pms_sync_logs");
  exec("drop trigger pawl_sync_failed_on_update on pms_sync_logs");
  exec(
      "create trigger tell after insert on pms_sync_logs for each row when (new.status = 'error')"
      " execute function pawl.emit_sync_failed()");
  CHECK(mended() == Names{kBoth[1]});
  exec(
      "create or replace trigger tell after insert on pms_sync_logs for each row when (1 = 0)"
      " execute function pawl.emit_sync_failed()");
  CHECK(problems().find("has a condition that keeps it from firing") != std::string::npos);
  CHECK(mended() == Names{kBoth[0]});
  exec("drop trigger pawl_sync_failed_on_insert on pms_sync_logs");
  exec("drop trigger pawl_sync_failed_on_update on pms_sync_logs");
  exec("drop trigger tell on pms_sync_logs");
  exec(
      "create trigger tell after insert or update on pms_sync_logs for each row when (new.status = 'error')"
      " execute function pawl.emit_sync_failed()");
  CHECK(mended().empty());
}

TEST_CASE_METHOD(ApplicationWatchFixture, "a trigger's condition is known again whatever type its column has") {
  exec("create type sync_status as enum ('running', 'success', 'error')");
  for (const std::string type : {"varchar(20)", "sync_status", "char(7)"}) {
    INFO(type);
    exec("drop table pms_sync_logs cascade");
    exec("create table pms_sync_logs (id uuid, connection_id uuid, status " + type +
         ", error_message text, finished_at timestamptz)");
    CHECK(mended() == kBoth);
    CHECK(problems().empty());
    CHECK(mended().empty());
  }
}

TEST_CASE_METHOD(ApplicationWatchFixture,
                 "a role or a database whose sessions fire no triggers is found, and what to do works") {
  const std::string role = "loader_of_" + name;
  exec("create role " + role);
  const std::string problem =
      "select coalesce(string_agg(problem, ' '), '') from pawl.problems() where problem like "
      "'%session_replication_role%'";
  exec("alter role " + role + " set session_replication_role = replica");
  CHECK(value(problem) == "");  // it may not write sync logs
  exec("grant insert on pms_sync_logs to " + role);
  CHECK_THAT(value(problem), Catch::Contains("alter role " + role + " reset session_replication_role"));
  exec("alter role " + role + " reset session_replication_role");
  CHECK(value(problem) == "");
  exec("alter role " + role + " in database postgres set session_replication_role = replica");
  CHECK(value(problem) == "");
  exec("alter database " + name + " set session_replication_role = replica");
  CHECK_THAT(value(problem), Catch::Contains("alter role all in database " + name + " reset session_replication_role"));
  exec("alter table pms_sync_logs enable always trigger pawl_sync_failed_on_insert");
  CHECK_THAT(value(problem),
             Catch::Contains("or alter table public.pms_sync_logs enable always trigger pawl_sync_failed_on_update"));
  exec("alter table pms_sync_logs enable always trigger pawl_sync_failed_on_update");
  CHECK(value(problem) == "");
  exec("alter role all in database " + name + " reset session_replication_role");
  exec("drop owned by " + role);
  exec("drop role " + role);
}

TEST_CASE_METHOD(ApplicationWatchFixture, "a trigger that fires once a statement sees no row, and counts for nothing") {
  exec("drop trigger pawl_sync_failed_on_insert on pms_sync_logs");
  exec("create trigger tell after insert on pms_sync_logs for each statement execute function pawl.emit_sync_failed()");
  CHECK(problems().find("pawl_sync_failed_on_insert") != std::string::npos);
  CHECK(mended() == Names{kBoth[0]});
}

TEST_CASE_METHOD(ApplicationWatchFixture, "a column that the trigger reads and its table lacks is refused by migrate") {
  exec("alter table pms_sync_logs drop error_message");
  CHECK(problems().find("pms_sync_logs lacks the column error_message") != std::string::npos);
  CHECK_THROWS_AS(mended(), engine::RefusedError);
}

TEST_CASE_METHOD(ApplicationWatchFixture,
                 "P10 P1: row-level security that hides people is refused with what to grant, and a grant ends it") {
  const Organisation acme(*this, "acme");
  const std::string reader = create_role("reader");
  exec("grant select on all tables in schema public to " + reader);
  exec("grant usage on schema pawl to " + reader);
  exec("alter view pawl.recipients owner to " + reader);
  CHECK(problems().empty());
  for (const std::string table : {"org_members", "users", "organisations"}) {
    INFO(table);
    exec("alter table " + table + " enable row level security");
    CHECK(problems().find("row-level security on public." + table + " hides rows") != std::string::npos);
    CHECK_THROWS_WITH(connection.run("look", "select pawl.require_visible_rows()", {}),
                      Catch::Contains("create policy pawl_reads on public." + table + " for select to " + reader));
    CHECK_THROWS_AS(mended(), engine::RefusedError);
    exec("create policy hiding on " + table + " for select using (current_user = 'nobody')");
    exec("create policy others on " + table + " for update using (true)");
    exec("create policy restriction on " + table + " as restrictive for select to " + reader + " using (true)");
    CHECK_FALSE(problems().empty());  // neither shows a row
    exec("create policy pawl_reads on public." + table + " for select to " + reader + " using (true)");
    CHECK(problems().empty());
    exec("create policy narrow on " + table + " as restrictive for select to " + reader + " using (false)");
    CHECK_FALSE(problems().empty());
    exec("alter role " + reader + " bypassrls");
    CHECK(problems().empty());
    exec("alter role " + reader + " nobypassrls");
    exec("alter table " + table + " disable row level security");
  }
}

namespace {

// The views are read with the rights of somebody whom row-level security concerns.
struct Reader : ApplicationWatchFixture {
  Reader() {
    exec("grant select on all tables in schema public to " + reader);
    exec("grant usage on schema pawl to " + reader);
    exec("alter view pawl.recipients owner to " + reader);
  }
  const std::string reader = create_role("reader");
};

}  // namespace

TEST_CASE_METHOD(Reader,
                 "P1: whoever a policy hides is no owner who left: nobody is passed over, posted to or suppressed") {
  const Organisation acme(*this, "acme");
  Worker worker(*this);
  worker.open();
  depositlink::PostgresRecipients recipients(conninfo);
  depositlink::PostgresInbox inbox(conninfo, worker.epoch);
  mail::PostgresMailLedger ledger(conninfo, worker.epoch, mail::InDoubtPolicy::kResend,
                                  depositlink::owners_and_admins());
  const std::vector ids{acme.id};
  const std::string event = Worker::new_store();
  exec("alter table org_members enable row level security");
  exec("create policy owners_alone on org_members for select using (role = 'owner')");
  for (const bool again : {false, true}) {
    const depositlink::Notification note{event,  acme.id, "kind", "urgent",     "title",
                                         "body", "link",  "{}",   {acme.admin}, again};
    const mail::LedgerRequest mail{event, acme.id, acme.admin, "<id@example>", again};
    CHECK_THROWS_AS(recipients.owners_and_admins(ids), engine::RefusedError);
    CHECK_THROWS_AS(inbox.post({&note, 1}), engine::RefusedError);
    CHECK_THROWS_WITH(ledger.claim({&mail, 1}), Catch::Contains("create policy pawl_reads on public.org_members"));
    CHECK(value("select count(*) from pawl.email_deliveries") == "0");
  }
  exec("create policy pawl_reads on org_members for select to " + reader + " using (true)");
  CHECK(recipients.owners_and_admins(ids).at(0).user_ids.size() == 2);
  exec("alter table org_members disable row level security");
  CHECK(recipients.owners_and_admins(ids).at(0).user_ids.size() == 2);
}

TEST_CASE_METHOD(Reader, "P1: row-level security cannot end between what was read and whether it hid anybody",
                 "[session]") {
  const Organisation acme(*this, "acme");
  exec("alter table org_members enable row level security");
  exec("alter function pawl.require_visible_rows rename to answer");
  exec(
      "create function pawl.require_visible_rows() returns boolean language plpgsql as"
      " $$ begin perform pg_advisory_xact_lock(1); return pawl.answer(); end $$");
  exec("select pg_advisory_lock(1)");
  auto found = std::async(std::launch::async, [this, &acme] {
    depositlink::PostgresRecipients recipients(conninfo);
    return recipients.owners_and_admins(std::vector{acme.id});
  });
  CHECK(eventually([&] {
    return value(
               "select count(*) from pg_locks where locktype = 'advisory' and not granted"
               " and database = (select oid from pg_database where datname = $1)",
               {name}) == "1";
  }));
  exec("set lock_timeout = '1ms'");
  CHECK_THROWS_WITH(exec("alter table org_members disable row level security"), Catch::Contains("lock timeout"));
  exec("select pg_advisory_unlock(1)");
  CHECK_THROWS_AS(found.get(), engine::RefusedError);
}

TEST_CASE_METHOD(ApplicationWatchFixture, "row-level security hides nothing from a table's owner unless it is forced") {
  const std::string owner = create_role("owner");
  exec("grant select on all tables in schema public to " + owner);
  exec("grant usage on schema pawl to " + owner);
  exec("alter table org_members owner to " + owner);
  exec("alter view pawl.recipients owner to " + owner);
  exec("alter table org_members enable row level security");
  CHECK(problems().empty());
  exec("alter table org_members force row level security");
  CHECK(problems().find("org_members hides rows of pawl.recipients from " + owner) != std::string::npos);
}

TEST_CASE_METHOD(ApplicationWatchFixture,
                 "a view with its reader's rights, and a view behind a view, are followed to their tables",
                 "[session]") {
  const std::string reader = create_role("reader", "login password 'secret'");
  exec("grant usage on schema pawl to " + reader);
  exec("grant select on pawl.recipients, pawl.application to " + reader);
  exec("grant execute on function pawl.problems to " + reader);
  exec("grant select on org_members, users, organisations to " + reader);
  exec("create view people as select * from users");
  exec(
      "create or replace view pawl.recipients with (security_invoker = true) as select m.org_id, o.name as org_name,"
      " u.id as user_id, u.email, u.full_name, m.role from org_members m join organisations o on o.id = m.org_id"
      " join people u on u.id = m.user_id");
  exec("grant select on people to " + reader);
  storage::PostgresConnection other("user=" + reader + " password=secret " + conninfo);
  CHECK(storage::application_problems(other).empty());
  exec("alter table org_members enable row level security");
  CHECK(storage::application_problems(other).size() == 1);
  CHECK(problems().empty());
  exec("alter table org_members disable row level security");
  exec("alter view people owner to " + reader);
  exec("alter table users enable row level security");
  CHECK(problems().find("users hides rows") != std::string::npos);
}

TEST_CASE_METHOD(ApplicationWatchFixture,
                 "P1: an organisation is not said to have nobody while a policy may hide its people") {
  const Organisation acme(*this, "acme");
  const std::string reader = create_role("reader");
  exec("grant select on all tables in schema public to " + reader);
  exec("grant usage on schema pawl to " + reader);
  exec("alter view pawl.recipients owner to " + reader);
  exec("alter table org_members enable row level security");
  depositlink::PostgresRecipients directory(conninfo);
  CHECK_THROWS_WITH(directory.owners_and_admins(std::vector{acme.id}), Catch::Contains("row-level security"));
  exec("alter table org_members disable row level security");
  CHECK(directory.owners_and_admins(std::vector{acme.id})[0].user_ids.size() == 2);
  CHECK(directory.owners_and_admins(std::vector{Worker::new_store()})[0].user_ids.empty());
}

TEST_CASE_METHOD(ApplicationWatchFixture,
                 "what the trigger or a view may not read is refused by migrate with the role to grant it to") {
  const std::string owner = create_role("owner");
  exec("grant usage on schema pawl to " + owner);
  for (const std::string view : {"recipients", "connections"}) {
    exec("alter view pawl." + view + " owner to " + owner);
    CHECK(problems().find("pawl." + view + " cannot be read: permission denied for table") != std::string::npos);
    CHECK_THROWS_WITH(mended(), Catch::Contains("grant select on what it reads to its owner " + owner));
    exec("alter view pawl." + view + " owner to current_user");
  }
  CHECK(problems().empty());
}

TEST_CASE_METHOD(ApplicationWatchFixture, "a worker that runs sees a lost trigger and its return") {
  storage::Epoch epoch{0};
  storage::PostgresOutbox outbox({.address = conninfo, .version = "test", .watch = engine::Duration{0}}, epoch);
  outbox.check_access();
  outbox.open({Worker::new_store(), {}, {}});
  const auto problems_seen = [&](std::size_t count) {
    return eventually([&] {
      outbox.claim({test_workflows(), {1, 5, {}}});
      return outbox.application_problems().size() == count;
    });
  };
  exec("alter table pms_sync_logs disable trigger user");
  CHECK(problems_seen(2));
  exec("alter table pms_sync_logs enable trigger user");
  CHECK(problems_seen(0));
}
