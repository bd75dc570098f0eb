// The archive: what retention drops, what stays until somebody has decided, and whose locks and settings it bears with.
#include <catch2/catch.hpp>

#include "engine/authoring/errors.h"
#include "storage/outbox/chores/archive_retention.h"
#include "storage/outbox/chores/gauges.h"
#include "tests/storage/postgres_fixture.h"

using namespace pawl;
using namespace pawl::tests;

namespace {

struct ArchiveFixture : PostgresFixture {
  /// An event that was archived so many days ago, where the archive puts it. Returns its id.
  std::string archive(int days_ago, const std::string& status) {
    return value(
        "insert into pawl.outbox_archive (position, id, created_at, finished_at, deliveries, resumes, store, status,"
        " reason, workflow, type, aggregatetype, aggregateid, payload, headers) values (1, gen_random_uuid(), now(),"
        " now() - $1::int * interval '1 day', 1, 0, gen_random_uuid(), $2, 'the reason', 'w', 't', 'a', 'b', '{}', "
        "'{}')"
        " returning id",
        {std::to_string(days_ago), status});
  }
  /// Gives that time a partition of its own, as if it had passed with a worker running.
  void create_month(int days_ago) {
    exec(
        "select pawl.create_archive_month(date_trunc('month', (now() - $1::int * interval '1 day') at time zone "
        "'UTC'))",
        {std::to_string(days_ago)});
  }
  std::string status_of(const std::string& id) {
    return value("select coalesce((select status from pawl.v1_events where event_id = $1::uuid), 'gone')", {id});
  }
  std::string partitions() {
    return value("select count(*) from pg_inherits where inhparent = 'pawl.outbox_archive'::regclass");
  }
  std::string dismiss(const std::string& id, const std::string& more = "") {
    return value("select pawl.dismiss($1::uuid, 'customer told by phone'" + more + ")", {id});
  }
  void drop_next_month() {
    exec(
        "do $$ begin execute 'drop table pawl.outbox_archive_' ||"
        " to_char(now() at time zone 'UTC' + interval '1 month', 'YYYY_MM'); end $$");
  }
};

}  // namespace

TEST_CASE_METHOD(ArchiveFixture,
                 "P1: retention keeps failed events until they are resumed or dismissed, and then as long") {
  for (const bool in_a_partition : {true, false}) {
    CAPTURE(in_a_partition);
    const std::string done = archive(200, "done"), failed = archive(200, "failed"), young = archive(1, "done");
    const std::string settled = archive(200, "failed");
    if (in_a_partition) create_month(200);
    CHECK(dismiss(settled) == "dismissed");
    CHECK(value("select old from pawl.prunable('90 days') where name = 'archived events'") == "1");
    CHECK(value("select pawl.maintain_archive('90 days')") == (in_a_partition ? "1" : "0"));
    CHECK(status_of(done) == "gone");
    CHECK(status_of(failed) == "failed");
    CHECK(status_of(young) == "done");
    CHECK(dismiss(failed) == "dismissed");
    exec("select pawl.maintain_archive('90 days')");
    for (const std::string& id : {failed, settled}) {
      CHECK(status_of(id) == "dismissed");
      exec("update pawl.outbox_archive set dismissed_at = dismissed_at - interval '91 days' where id = $1::uuid", {id});
    }
    CHECK(value("select old from pawl.prunable('90 days') where name = 'archived events'") == "2");
    exec("select pawl.maintain_archive('90 days')");
    for (const std::string& id : {failed, settled}) CHECK(status_of(id) == "gone");
  }
  const std::string failed = archive(200, "failed");
  exec("select pawl.maintain_archive('90 days')");
  CHECK(value("select pawl.resume($1::uuid, 'me')", {failed}) == "resumed");
  CHECK(status_of(failed) == "pending");
}

TEST_CASE_METHOD(ArchiveFixture, "P1: retention keeps a month that is over, but younger than is asked for") {
  const std::string young = archive(50, "done"), old = archive(200, "done");
  for (const int days : {50, 200}) create_month(days);
  CHECK(value("select pawl.maintain_archive('120 days')") == "1");
  CHECK(status_of(young) == "done");
  CHECK(status_of(old) == "gone");
}

TEST_CASE_METHOD(ArchiveFixture, "a failed event is dismissed once, with who, why, and what it had failed for") {
  const std::string failed = archive(1, "failed"), done = archive(1, "done"), pending = emit();
  CHECK(dismiss(failed, ", 'ada'") == "dismissed");
  CHECK(value("select reason from pawl.v1_events where event_id = $1::uuid", {failed}) ==
        "dismissed by ada: customer told by phone; it had failed: the reason");
  CHECK(dismiss(failed) == "not failed: it is dismissed");
  CHECK(value("select pawl.resume($1::uuid, 'me')", {failed}) == "not failed: it is dismissed");
  CHECK(dismiss(done) == "not failed: it is done");
  CHECK(dismiss(pending) == "not finished: it is in the outbox");
  CHECK(dismiss(Worker::new_store()) == "not found");
  CHECK(exec("select requested_by, note, outcome from pawl.commands where verb = 'dismiss' order by id").at(0) ==
        std::vector<std::string>{"ada", "customer told by phone", "dismissed"});
  CHECK_THROWS_WITH(exec("select pawl.dismiss($1::uuid, ' ')", {failed}), Catch::Contains("a reason is needed"));
}

TEST_CASE_METHOD(ArchiveFixture,
                 "a run of a workflow that is registered no more is ended by dismissing it, without its payload") {
  exec("select pawl.add_workflow('test/left', 'leave')");
  const std::string run = value("select pawl.emit('test/left', 'a', 'b', '{\"password\": \"s3cret\"}')");
  const std::string parent = Worker::new_store();
  exec("update pawl.outbox set parent = $2::uuid, effects_of = $2::uuid, stands_for = $2::uuid where id = $1::uuid",
       {run, parent});
  CHECK(dismiss(run) == "not finished: it is in the outbox");
  exec("delete from pawl.workflows where workflow = 'leave'");
  const std::string request = ", 'ada', '" + Worker::new_store() + "'";
  CHECK(dismiss(run, request) == "dismissed");
  CHECK(dismiss(run, request) == "dismissed");
  CHECK(dismiss(run) == "not failed: it is dismissed");
  CHECK(status_of(run) == "dismissed");
  CHECK(value("select count(*) from pawl.outbox where id = $1::uuid", {run}) == "0");
  CHECK(value("select payload::text || reason from pawl.outbox_archive where id = $1::uuid", {run}) ==
        "{\"withheld_bytes\": 22}dismissed by ada: customer told by phone; it had not finished, and its workflow is not"
        " registered");
  CHECK(exec("select parent, effects_of, stands_for from pawl.outbox_archive where id = $1::uuid", {run}) ==
        Table{{parent, parent, parent}});
  CHECK(value("select string_agg(outcome, '|' order by id) from pawl.commands") ==
        "not finished: it is in the outbox|dismissed|not failed: it is dismissed");
}

TEST_CASE_METHOD(ArchiveFixture, "a dismissal sent again after a lost reply answers as it did") {
  const std::string failed = archive(1, "failed"), request = ", 'ada', '" + Worker::new_store() + "'";
  CHECK(dismiss(failed, request) == "dismissed");
  CHECK(dismiss(failed, request) == "dismissed");
  CHECK(value("select count(*) from pawl.commands") == "1");
}

TEST_CASE_METHOD(ArchiveFixture, "retention takes ages from a day on, and nothing that would drop what is young") {
  archive(1, "done");
  for (const char* keep :
       {"-100 years", "0", "-1 day", "23 hours", "1 month -40 days", "1000000 years", "-1000 months 30001 days"}) {
    CAPTURE(keep);
    CHECK_THROWS_WITH(exec("select pawl.maintain_archive($1::interval)", {keep}),
                      Catch::Contains("1 day to 1000 years"));
    CHECK(partitions() == "4");
  }
  CHECK(value("select count(*) from pawl.outbox_archive") == "1");
}

TEST_CASE_METHOD(ArchiveFixture, "the settings of whoever maintains the archive change neither bounds nor retention") {
  exec("alter role current_user in database " + name + " set timezone = 'Pacific/Kiritimati'");
  for (const char* setting :
       {"datestyle = 'SQL, DMY'", "standard_conforming_strings = off", "intervalstyle = 'iso_8601'"})
    exec("alter role current_user in database " + name + " set " + setting);
  drop_next_month();
  archive(200, "done");
  create_month(200);
  storage::PostgresConnection other(conninfo);
  CHECK(other.run("maintain", "select pawl.maintain_archive('90 days')", {}).string(0, 0) == "1");
  exec("set timezone = 'UTC'");
  CHECK(value("select count(*) from pg_inherits i join pg_class c on c.oid = i.inhrelid"
              " where i.inhparent = 'pawl.outbox_archive'::regclass and c.relname <> 'outbox_archive_default'"
              " and pg_get_expr(c.relpartbound, c.oid) !~ '-01 00:00:00\\+00.*-01 00:00:00\\+00'") == "0");
  exec("alter role current_user in database " + name + " reset all");
}

namespace {

struct Retained : ArchiveFixture {
  /// A mail of the event that was settled so many days ago, and a command about it.
  std::string with_effects(const std::string& event, int days_ago) {
    exec(
        "insert into pawl.email_deliveries (event_id, user_id, epoch, claim, claimed_at, settled_at, attempts, "
        "workflow,"
        " step, state, message_id) select $1::uuid, gen_random_uuid(), 1, 1, at, at, 1, 'w', 's', 'accepted', '<id>'"
        " from (select now() - $2::int * interval '1 day' as at) t",
        {event, std::to_string(days_ago)});
    exec(
        "insert into pawl.commands (verb, event_id, requested_by, requested_at, outcome)"
        " values ('resume', $1::uuid, 'me', now() - $2::int * interval '1 day', 'resumed')",
        {event, std::to_string(days_ago)});
    return event;
  }
  /// Mails and commands of the event.
  std::string effects(const std::string& event) {
    return value(
        "select (select count(*) from pawl.email_deliveries where event_id = $1::uuid) || ' ' ||"
        " (select count(*) from pawl.commands where event_id = $1::uuid)",
        {event});
  }
  storage::PostgresOutboxOptions keeping(engine::Duration retention) const {
    return {.address = conninfo,
            .version = "test",
            .listen = Worker::can_listen(),
            .retention = retention,
            .prune_every = engine::Duration{0}};
  }
  storage::Epoch epoch{0};
};

}  // namespace

TEST_CASE_METHOD(Retained,
                 "what is older than its retention goes, the mails and commands of an event after the event") {
  const std::string old = with_effects(archive(200, "done"), 200), failed = with_effects(archive(200, "failed"), 200);
  const std::string unfinished = with_effects(emit(), 200), young = with_effects(archive(1, "done"), 1);
  const std::string lately = with_effects(Worker::new_store(), 1);  // its event is gone, and its mail is young
  create_month(200);
  storage::PostgresOutbox outbox(keeping(std::chrono::hours{24 * 90}), epoch);
  outbox.check_access();
  outbox.open({Worker::new_store(), {}, {}});
  CHECK(eventually([&] {
    outbox.claim({{{"nothing", "nothing"}}, {1, 5, {}}});
    return effects(old) == "0 0";
  }));
  CHECK(status_of(old) == "gone");
  CHECK(outbox.take_pruned() ==
        storage::Pruned{{"archived events", 1}, {"archived months", 1}, {"commands", 1}, {"mails", 1}});
  CHECK(outbox.take_pruned().empty());
  for (const std::string& kept : {failed, unfinished, young, lately}) CHECK(effects(kept) == "1 1");
  CHECK(status_of(failed) == "failed");
  CHECK(outbox.prune_problem().empty());
}

TEST_CASE_METHOD(Retained, "retention walks a ledger of any length in small steps, and again from its beginning") {
  for (int events = 0; events < 25; ++events) with_effects(Worker::new_store(), 200);
  const std::string pinned = with_effects(archive(200, "failed"), 200);
  int steps = 0;
  const auto behind = [&] { return value("select count(*) from pawl.retained where behind is not null"); };
  do {
    exec("select pawl.prune('90 days', 10)");
    ++steps;
  } while (behind() != "0");
  CHECK(steps == 3);
  CHECK(value("select count(*) from pawl.email_deliveries") == "1");
  CHECK(effects(pinned) == "1 1");
  exec("select pawl.dismiss($1::uuid, 'told by phone')", {pinned});
  for (int times = 0; times < 3; ++times) exec("select pawl.prune('90 days', 10)");
  CHECK(effects(pinned) == "1 2");
  exec("update pawl.outbox_archive set dismissed_at = dismissed_at - interval '91 days'");
  for (int times = 0; times < 3; ++times) exec("select pawl.prune('90 days', 10)");
  CHECK(effects(pinned) == "0 1");  // that it was dismissed is young
}

TEST_CASE_METHOD(Retained,
                 "P2: however old and in however small steps it goes, no event is forgotten before what it did") {
  const std::string done = with_effects(archive(200, "done"), 400), failed = with_effects(archive(200, "failed"), 400);
  const auto emit_again = [&](const std::string& id) {
    exec("select pawl.emit('test/event', 'thing', '1', '{}', $1::uuid)", {id});
    return value("select count(*) from pawl.outbox where id = $1::uuid", {id}) == "1";
  };
  // its mails and commands are older than the archive keeps anything, but it is in the archive still
  for (int step = 0; step < 5; ++step) exec("select pawl.prune('365 days', 1)");
  for (const std::string& known : {done, failed}) {
    CHECK(effects(known) == "1 1");
    CHECK_FALSE(emit_again(known));
  }
  create_month(200);
  exec("select pawl.maintain_archive('90 days')");  // as a worker that dies between the two
  CHECK(status_of(done) == "gone");
  CHECK(emit_again(done));
  for (int step = 0; step < 9; ++step) exec("select pawl.prune('90 days', 1)");
  CHECK(effects(done) == "1 1");  // its ledger says that the mail was sent, since the event is there again
  CHECK(effects(failed) == "1 1");
  CHECK_FALSE(emit_again(failed));
}

TEST_CASE_METHOD(Retained, "what would go is counted as it goes, and what stays is named") {
  with_effects(archive(200, "done"), 200);
  with_effects(archive(200, "failed"), 200);
  with_effects(archive(1, "done"), 1);
  with_effects(Worker::new_store(), 200);
  create_month(200);
  std::map<std::string, std::int64_t> would;
  for (const storage::Prunable& one : storage::prunable(conninfo, std::chrono::hours{24 * 90}))
    would[one.name] = one.rows;
  CHECK(would == std::map<std::string, std::int64_t>{{"addresses of mails", 0},
                                                     {"archived events", 1},
                                                     {"failed events", 1},
                                                     {"batches", 0},
                                                     {"commands", 2},
                                                     {"mails", 2},
                                                     {"pauses", 0},
                                                     {"takeovers", 0}});
  storage::Pruned went = storage::prune_all(conninfo, std::chrono::hours{24 * 90});
  std::erase_if(went, [](const auto& kind) { return kind.second == 0; });
  CHECK(went == storage::Pruned{{"archived events", 1}, {"archived months", 1}, {"commands", 2}, {"mails", 2}});
  for (const storage::Prunable& one : storage::prunable(conninfo, std::chrono::hours{24 * 90}))
    CHECK(one.rows == (one.name == "failed events" ? 1 : 0));
}

TEST_CASE_METHOD(Retained,
                 "a kind of rows that cannot be pruned is seen when the worker starts, and nothing is removed") {
  const std::string old = with_effects(archive(200, "done"), 200), gone = with_effects(Worker::new_store(), 200);
  storage::PostgresConnection connection(conninfo);
  storage::ArchiveRetention::check_access(connection);
  CHECK(effects(old) + effects(gone) == "1 11 1");
  exec("alter table pawl.takeover_runs rename to elsewhere");
  CHECK_THROWS_WITH(storage::ArchiveRetention::check_access(connection), Catch::Contains("takeover_runs"));
}

TEST_CASE_METHOD(ArchiveFixture, "the backlog's figures tell what can be claimed now from what waits, by workflow") {
  Worker worker(*this);
  worker.open();
  for (int events = 0; events < 3; ++events) emit();
  exec(
      "update pawl.outbox set available_at = now() + interval '1 hour' where position = (select min(position) from "
      "pawl.outbox)");
  storage::OutboxGauges gauges(std::chrono::seconds{0});
  storage::PostgresConnection connection(conninfo);
  storage::OutboxGauges::check_access(connection);
  gauges.turn(connection, storage::OutboxGauges::Time{});
  std::map<std::string, double> found;
  for (const storage::Gauge& one : gauges.read().all) found[one.name] += one.value;
  CHECK(found["backlog_pending"] == 3);
  CHECK(found["backlog_due"] == 2);
  CHECK(gauges.problem().empty());
}

TEST_CASE_METHOD(ArchiveFixture, "figures that cannot be read are asked for as rarely as those that can, and say why") {
  using Time = storage::OutboxGauges::Time;
  storage::PostgresConnection connection(conninfo);
  exec("create sequence public.asked");
  exec("grant all on sequence public.asked to public");
  exec(
      "create or replace function pawl.read_backlog(out name text, out workflow text, out value double precision)"
      " returns setof record language plpgsql as $$ begin perform nextval('public.asked'), pg_sleep(0.1);"
      " raise exception 'no figures today'; end $$");
  storage::OutboxGauges gauges(std::chrono::seconds{0});
  for (const int seconds : {0, 1, 4}) gauges.turn(connection, Time{} + std::chrono::seconds{seconds});
  CHECK(value("select last_value from public.asked") == "1");
  CHECK_THAT(gauges.problem(), Catch::Contains("no figures today"));
  CHECK(gauges.read().all.empty());
  exec(
      "create or replace function pawl.read_backlog(out name text, out workflow text, out value double precision)"
      " returns setof record language sql as $$ select 'backlog_due', 'w', 1.0::float8 $$");
  gauges.turn(connection, Time{} + std::chrono::hours{1});
  CHECK(gauges.problem().empty());
  CHECK(gauges.read().all.size() == 1);
}

TEST_CASE_METHOD(Retained, "retention that is off removes nothing, and what it cannot remove is told") {
  const std::string old = with_effects(archive(200, "done"), 200);
  for (const int days : {0, 90}) {
    storage::PostgresOutbox outbox(keeping(std::chrono::hours{24 * days}), epoch);
    outbox.open({Worker::new_store(), {}, {}});
    storage::PostgresConnection(conninfo).transact("hold", [&](storage::Transaction& other) {
      other.run("lock table pawl.outbox_archive in share mode");
      outbox.claim({{{"nothing", "nothing"}}, {1, 5, {}}});
    });
    CHECK(effects(old) == "1 1");
    CHECK((outbox.prune_problem().find("lock timeout") != std::string::npos) == (days == 90));
  }
}

TEST_CASE_METHOD(ArchiveFixture,
                 "a reader that holds the archive stops neither a start nor claims, and leaves nobody waiting") {
  storage::Epoch epoch{0};
  storage::PostgresOutbox outbox(
      {.address = conninfo, .version = "test", .listen = Worker::can_listen(), .partitions_every = engine::Duration{0}},
      epoch);
  drop_next_month();
  storage::PostgresConnection reader(conninfo);
  reader.transact("read", [&](storage::Transaction& transaction) {
    transaction.run("select count(*) from pawl.v1_events");
    outbox.check_access();
    outbox.open({Worker::new_store(), {}, {}});
    const std::string id = emit();
    CHECK(outbox.claim({test_workflows(), {1, 5, {}}}).size() == 1);
    CHECK(outbox.archive_problem().find("lock timeout") != std::string::npos);
    CHECK(value("select count(*) from pg_stat_activity where datname = current_database()"
                " and wait_event_type = 'Lock'") == "0");
  });
  CHECK(eventually([&] {
    outbox.claim({test_workflows(), {1, 5, {}}});
    return partitions() == "4" && outbox.archive_problem().empty();
  }));
}

TEST_CASE_METHOD(ArchiveFixture, "an event trigger that forbids new tables stops neither a start nor claims") {
  drop_next_month();
  exec(
      "create function forbid() returns event_trigger language plpgsql as"
      " $$ begin raise exception 'no new tables here'; end $$");
  exec("create event trigger forbid_" + name +
       " on ddl_command_start when tag in ('CREATE TABLE')"
       " execute function forbid()");
  Worker worker(*this);
  worker.outbox.check_access();
  worker.open();
  emit();
  CHECK(worker.claim().size() == 1);
  CHECK(worker.outbox.archive_problem().find("no new tables here") != std::string::npos);
}
