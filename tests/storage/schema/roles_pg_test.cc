// What each role may do, what nobody else may, and what a hostile role of the same database gets: nothing.
#include <catch2/catch.hpp>

#include "engine/authoring/errors.h"
#include "storage/outbox/operators/event_admin.h"
#include "storage/outbox/operators/run_history.h"
#include "storage/schema/migrator.h"
#include "storage/schema/roles.h"
#include "tests/storage/login.h"
#include "tests/storage/postgres_fixture.h"
#include "tests/storage/postgres_lines.h"

using namespace pawl;
using namespace pawl::tests;

namespace {

struct Roles : PostgresFixture {
  Organisation acme{*this};
  Organisation other{*this, "other"};

  std::string failure_of(const Organisation& connected, const Organisation& told) {
    return "select pawl.emit('pms/connection.sync.failed', 'pms_connection', '1', '{\"connection_id\": \"" +
           connected.connection + "\", \"org_id\": \"" + told.id + "\"}')";
  }
  std::string unfinished() { return value("select count(*) from pawl.outbox"); }
};

constexpr auto kDenied = "permission denied";

}  // namespace

TEST_CASE_METHOD(PostgresFixture, "no session of pawl's finds somebody else's operator, function or table",
                 "[session]") {
  exec("create schema evil");
  exec("alter database " + name + " set search_path = evil, pg_catalog, public");
  exec("create function evil.now() returns timestamptz language sql as 'select null::timestamptz'");
  exec("create function evil.beats(uuid, text) returns boolean language sql as 'select false'");
  exec("create operator evil.= (leftarg = uuid, rightarg = text, function = evil.beats)");
  storage::PostgresConnection session(conninfo);
  CHECK(session.run("ask", "show search_path", {}).string(0, 0) == "pg_catalog,pawl,pg_temp");
  CHECK_FALSE(session.run("ask", "select now()", {}).null(0, 0));
  CHECK_THROWS_WITH(session.run("ask", "select gen_random_uuid() = ''::text", {}), Catch::Contains("does not exist"));
}

TEST_CASE_METHOD(PostgresFixture, "no function of the schema pawl is open to everybody") {
  CHECK(value("select coalesce(string_agg(oid::regprocedure::text, ', '), '') from pg_proc"
              " where pronamespace = 'pawl'::regnamespace and has_function_privilege('public', oid, 'execute')") == "");
}

TEST_CASE_METHOD(PostgresFixture, "what runs with its owner's rights has a search path of its own") {
  CHECK(value("select coalesce(string_agg(oid::regprocedure::text, ', '), '') from pg_proc"
              " where pronamespace = 'pawl'::regnamespace"
              " and not coalesce(array_to_string(proconfig, ' ') like '%search_path=pg_catalog%', false)") == "");
}

TEST_CASE_METHOD(PostgresFixture, "each role has these privileges and no other") {
  const auto granted = [&](const std::string& role) {
    return value(
        "select string_agg(lower(g.privilege) || ' ' || g.object, ', ' order by g.privilege collate \"C\","
        " g.object collate \"C\") from ("
        "select a.grantee, a.privilege_type, c.relname::text from pg_class c, aclexplode(c.relacl) a"
        " union all select a.grantee, a.privilege_type, c.relname || '.' || t.attname"
        " from pg_attribute t join pg_class c on c.oid = t.attrelid, aclexplode(t.attacl) a"
        " union all select a.grantee, a.privilege_type, p.proname from pg_proc p, aclexplode(p.proacl) a"
        " union all select a.grantee, a.privilege_type, n.nspname from pg_namespace n, aclexplode(n.nspacl) a"
        ") g (grantee, privilege, object) where g.grantee = $1::regrole",
        {role});
  };
  CHECK(granted("pawl_worker") ==
        "delete outbox, delete step_reports, delete workers, execute headers_to_keep, execute maintain_archive, "
        "execute name_runs, execute owners_and_admins, "
        "execute payload_bytes, execute problems, execute prunable, execute prune, execute read_gauges, "
        "execute require_visible_rows, execute work_on_batches, insert email_deliveries, "
        "insert mailboxes, insert notifications.body, insert notifications.data, insert notifications.event_id, "
        "insert notifications.id, insert notifications.kind, insert notifications.link, "
        "insert notifications.org_id, insert notifications.title, insert notifications.urgency, "
        "insert notifications.user_id, insert outbox_archive, insert step_reports, insert stores, "
        "insert takeover_runs, insert takeovers, insert workers, select application, "
        "select email_deliveries, select mailboxes, select migrations, select notifications.event_id, "
        "select notifications.kind, select notifications.user_id, select outbox, select outbox_archive.id, "
        "select outbox_archive.position, select outbox_archive.status, select recipients, select step_reports, select "
        "stores, "
        "select takeovers.from_epoch, select takeovers.takeover, select workers, select workflows, "
        "update email_deliveries, update mailboxes, update outbox.deliveries, update outbox.lease_batch, "
        "update outbox.lease_epoch, update outbox.mark, update outbox.mark_epoch, update outbox.mark_note, "
        "update outbox.marked_at, update outbox.marked_by, update step_reports, update stores, update workers, "
        "usage pawl");
  CHECK(granted("pawl_operator") ==
        "execute batch_ends, execute cancel, execute control_batch, execute deliveries_of, execute dismiss, "
        "execute events_mailing, execute events_notifying, execute mails_of, execute make_batch, "
        "execute notifications_of, execute people, execute preview_batch, execute problems, execute prunable, "
        "execute reason_shape, execute recipients_among, execute requeue, execute rerun, execute rerun_run, "
        "execute resolve_in_doubt, execute resume, execute retry_now, execute runs_of, execute runs_that_notified, "
        "execute select_runs, execute unpin, execute work_on_batches, select application, "
        "select commands, select mailboxes, select migrations, select notifications.created_at, "
        "select notifications.event_id, "
        "select notifications.title, select notifications.user_id, select notifiers, select outbox.available_at, "
        "select outbox.created_at, select outbox.event, select outbox.id, select outbox.lease_epoch, "
        "select outbox.type, select outbox.workflow, select outbox_archive.event, "
        "select outbox_archive.finished_at, select outbox_archive.id, select outbox_archive.status, "
        "select outbox_archive.workflow, select producers, select recipients.email, "
        "select recipients.full_name, select recipients.user_id, select stores, select v1_batch_runs, "
        "select v1_batches, select v1_calls, select v1_circuits, select v1_commands, select v1_emails, "
        "select v1_events, select v1_in_doubt, select v1_lag, select v1_pauses, select v1_stores, "
        "select v1_takeovers, select v1_waiting, select v1_workers, select workflows, usage pawl");
  CHECK(granted("pawl_producer") ==
        "execute emit, execute new_event_id, select migrations, select workflows, usage pawl");
}

TEST_CASE_METHOD(Roles, "the application's error rows become events without any right on the schema pawl") {
  const Login application(*this, "application");
  exec("grant insert, select on pms_sync_logs to " + application.name);
  CHECK(application.attempt("insert into public.pms_sync_logs (connection_id, status) values ('" + acme.connection +
                            "', 'error')") == "");
  CHECK(unfinished() == "1");
}

TEST_CASE_METHOD(Roles,
                 "a producer emits the types that it was given, and failures of an organisation's own connections") {
  const Login producer(*this, "producer");
  const std::string emit_it = "select pawl.emit('order/placed', 'order', '1', '{}')";
  CHECK_THAT(producer.attempt(emit_it), Catch::Contains(kDenied));
  exec("grant pawl_producer to " + producer.name);
  CHECK_THAT(producer.attempt(emit_it), Catch::Contains("order/placed") && Catch::Contains(producer.name));
  CHECK(unfinished() == "0");
  exec("insert into pawl.producers values ($1, 'order/placed')", {producer.name});
  CHECK(producer.attempt(emit_it) == "");
  CHECK_THAT(producer.attempt(failure_of(acme, acme)), Catch::Contains("may not emit"));
  exec("insert into pawl.producers values ('pawl_producer', 'pms/connection.sync.failed')");
  CHECK(producer.attempt(failure_of(acme, acme)) == "");
  CHECK_THAT(producer.attempt(failure_of(acme, other)), Catch::Contains(acme.connection) && Catch::Contains(other.id));
  CHECK(unfinished() == "2");
  CHECK_THAT(producer.attempt("select pawl.write_event('x', 'y', '1', '{}')"), Catch::Contains(kDenied));
  CHECK_THAT(producer.attempt("insert into pawl.producers values (session_user, 'x')"), Catch::Contains(kDenied));
}

TEST_CASE_METHOD(Roles, "nobody forges an event with the trigger's function on a table of his own") {
  const Login forger(*this, "forger");
  exec("grant pawl_producer, pawl_operator, pawl_worker to " + forger.name);
  CHECK_THAT(forger.attempt("do $$ begin create temp table logs (id uuid); create trigger forged after insert on logs"
                            " for each row execute function pawl.emit_sync_failed(); end $$"),
             Catch::Contains(kDenied));
}

TEST_CASE_METHOD(Roles, "an operator sees and resumes, under the name that Postgres knows, and changes nothing else") {
  const Login oncall(*this, "oncall");
  exec("grant pawl_operator to " + oncall.name);
  acme.fail_sync();
  Worker worker(*this);
  worker.open();
  const auto events = worker.claim();
  REQUIRE(events.size() == 1);
  worker.finish(events[0], engine::RunStatus::kFailed, "broken");
  storage::ResumeRequest request;
  request.event_ids = {events[0].id};
  request.requested_by = "ceo@home";
  const auto outcome = storage::resume_events(oncall.conninfo, request);
  CHECK(outcome.at(0).resumed);
  CHECK(exec("select requested_by, db_user from pawl.commands") == Table{{"ceo@home", oncall.name}});
  for (const char* view : {"v1_events", "v1_emails", "v1_workers", "v1_lag", "v1_in_doubt", "commands"})
    CHECK(oncall.attempt("select * from pawl." + std::string(view)) == "");
  CHECK(storage::history_of(oncall.conninfo, events[0].id).deliveries.empty());
  for (const char* change :
       {"delete from pawl.outbox", "update pawl.outbox set payload = '{}'", "delete from pawl.commands",
        "insert into pawl.outbox_archive select * from pawl.outbox_archive",
        "update public.notifications set title = ''", "select pawl.maintain_archive('1 day')"})
    CHECK_THAT(oncall.attempt(change), Catch::Contains(kDenied));
}

TEST_CASE_METHOD(Roles, "what an operator asks for gives up behind a lock that somebody holds") {
  acme.fail_sync();
  Worker worker(*this);
  worker.open();
  const auto events = worker.claim();
  worker.finish(events.at(0), engine::RunStatus::kFailed, "broken");
  storage::ResumeRequest request;
  request.event_ids = {events[0].id};
  const storage::PostgresAddress oncall(login("pawl_operator"), std::chrono::seconds(3));
  storage::PostgresConnection other(holding_session(conninfo));
  other.transact("hold a lock", [&](storage::Transaction& transaction) {
    transaction.run("lock table pawl.outbox_archive in access exclusive mode");
    CHECK_THROWS_WITH(storage::resume_events(oncall, request), Catch::Contains("another transaction holds"));
  });
  CHECK(storage::resume_events(oncall, request).at(0).resumed);
}

TEST_CASE_METHOD(Roles, "an operator requeues with what a producer of the type may emit, and nothing else") {
  const Login oncall(*this, "oncall");
  exec("grant pawl_operator to " + oncall.name);
  acme.fail_sync();
  Worker worker(*this);
  worker.open();
  const engine::Event event = worker.claim().at(0);
  worker.finish(event, engine::RunStatus::kFailed, "broken");
  const auto requeue = [&](const Organisation& told) {
    return oncall.attempt("select pawl.requeue('" + event.id + "', '{\"connection_id\": \"" + acme.connection +
                          "\", \"org_id\": \"" + told.id + "\"}', 'ada', 'why')");
  };
  CHECK_THAT(requeue(other), Catch::Contains(acme.connection) && Catch::Contains(other.id));
  CHECK(unfinished() == "0");
  CHECK(value("select status from pawl.v1_events") == "failed");
  CHECK(requeue(acme) == "");
  CHECK(unfinished() == "1");
}

TEST_CASE_METHOD(Roles,
                 "a worker changes leases and its own tables, and neither payloads nor what the application has") {
  const Login worker(*this, "worker");
  exec("grant pawl_worker to " + worker.name);
  for (const char* change :
       {"update pawl.outbox set payload = '{}'", "insert into pawl.outbox (type) values ('x')",
        "delete from pawl.outbox_archive", "update pawl.outbox_archive set payload = '{}'",
        "select payload from pawl.outbox_archive", "select title from public.notifications",
        "update public.notifications set title = ''", "delete from public.notifications", "select * from public.users",
        "select pawl.resume(null, 'x')", "delete from pawl.email_deliveries"})
    CHECK_THAT(worker.attempt(change), Catch::Contains(kDenied));
}

TEST_CASE_METHOD(Roles,
                 "whoever may only connect stops neither a migration, nor the archive's chore, nor a worker's start",
                 "[session]") {
  const Login stranger(*this, "stranger");
  storage::PostgresConnection locks(stranger.conninfo);
  locks.run("hold",
            "select pg_advisory_lock(hashtextextended(k, 0)) from unnest(array['pawl.migrations',"
            " 'pawl.maintain_archive', 'pawl.workers ' || $1]) k",
            {Worker::new_store()});
  CHECK(value("select count(*) from pg_locks where locktype = 'advisory' and granted") == "3");
  CHECK(storage::migrate_postgres(conninfo, false, postgres_lines()).applied.empty());
  CHECK(value("select pawl.maintain_archive()") == "0");
  Worker worker(*this);
  worker.open();
  CHECK(worker.epoch > 0);
}
