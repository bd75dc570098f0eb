// Which runs a command about many is about, and how a preview groups them.
#include <algorithm>
#include <catch2/catch.hpp>

#include "engine/authoring/errors.h"
#include "tests/storage/outbox/batch_fixture.h"

using namespace pawl;
using namespace pawl::tests;

TEST_CASE_METHOD(BatchFixture, "reasons that differ in ids, addresses, numbers and quoted words alone have one shape") {
  const std::string one = reason_shape(
      "step send-email, item 0e0b9a3c-1f5e-4c7a-9a58-1a2b3c4d5e6f: <ada@example.com>: no box \"ada\" after 31 tries, "
      "0x7f3a99");
  CHECK(one == reason_shape("step send-email, item 77ab3c4d-aaaa-4c7a-9a58-1a2b3c4d5e6f: <bob.b@mail.example>: no box "
                            "\"bob\" after 4.5 tries, 0x11ee42"));
  CHECK(one == "step send-email, item ...: <...>: no box \"...\" after ... tries, ...");
  CHECK(reason_shape("it's the user's own 'x' that's wrong") == "it's the user's own '...' that's wrong");
}

TEST_CASE_METHOD(BatchFixture, "a shape keeps the codes by which a relay or a service says why") {
  for (const std::string kept : {"550 5.1.1 no such user", "the relay said 550 5.1.1", "relay: 421 try later",
                                 "refused with HTTP 503", "4.7.1 policy"})
    CHECK(reason_shape(kept) == kept);
  CHECK(reason_shape("took 512 ms") == "took ... ms");
}

TEST_CASE_METHOD(BatchFixture, "a preview has failures by workflow, step and reason, with one of them as an example") {
  const auto ids = fail(3, "no box 1");
  exec("update pawl.outbox_archive set reason = 'no box ' || position, failed_step = 'send-email'");
  fail(1, "the payload is bad");
  exec("select pawl.emit('test/event', 'thing', '1', '{}')");
  worker.finish(worker.claim().at(0));
  const Table groups =
      exec("select workflow, step, reason, runs, first_at <= last_at, example from pawl.preview_batch('resume', '{}')");
  REQUIRE(groups.size() == 2);
  CHECK(groups[0][0] == "handle-test-event");
  CHECK(groups[0][1] == "send-email");
  CHECK(groups[0][2] == "no box ...");
  CHECK(groups[0][3] == "3");
  CHECK(groups[0][4] == "t");
  CHECK(std::find(ids.begin(), ids.end(), groups[0][5]) != ids.end());
  CHECK(groups[1][2] == "the payload is bad");
}

TEST_CASE_METHOD(BatchFixture, "each filter selects what it says, and a filter that is none is an error") {
  const auto ids = fail(2, "100% of 550 refused");
  exec(
      "update pawl.outbox_archive set failed_step = 'send-email', failed_key = 'ada', aggregateid = 'c7',"
      " headers = '{\"tenant\": \"o7\"}', finished_at = now() - interval '3 hours' where id = $1::uuid",
      {ids[0]});
  const std::string now = value("select now() - interval '1 hour'");
  for (const std::string filter :
       {"{\"step\": \"send-email\"}", "{\"connection\": \"c7\"}", "{\"org\": \"o7\"}", "{\"user\": \"ada\"}"}) {
    CAPTURE(filter);
    CHECK(exec("select run_id from pawl.select_runs('resume', $1::jsonb)", {filter}) == Table{{ids[0]}});
  }
  const auto count = [&](const std::string& filter) {
    return value("select count(*) from pawl.select_runs('resume', $1::jsonb)", {filter});
  };
  CHECK(count("{\"since\": \"" + now + "\"}") == "1");
  CHECK(count("{\"until\": \"" + now + "\"}") == "1");
  CHECK(count("{\"workflow\": \"handle-test-event\"}") == "2");
  CHECK(count("{\"workflow\": \"another\"}") == "0");
  CHECK(count("{\"error_like\": \"550\"}") == "2");
  CHECK(count("{\"error_like\": \"550%\"}") == "0");
  CHECK(count("{\"error_like\": \"%550%\"}") == "2");
  CHECK_THROWS_WITH(count("{\"worklow\": \"x\"}"), Catch::Contains("there is no filter worklow"));
  CHECK_THROWS_WITH(make("{\"step\": \"x\"}", "0", "cancel"), Catch::Contains("at which step"));
  for (const std::string verb : {"cancel", "retry-now"})
    CHECK_THROWS_WITH(make("{\"error_like\": \"x\"}", "0", verb), Catch::Contains("not known by its error"));
  CHECK_THROWS_WITH(make("{}", "0", "explode"), Catch::Contains("no batch of the verb explode"));
}

TEST_CASE_METHOD(BatchFixture, "retry-now by a step is about runs whose worker has said that the step does not move") {
  emit();
  emit();
  REQUIRE(worker.claim(1).size() == 1);
  const std::string held = value("select id from pawl.outbox where lease_epoch is not null");
  exec(
      "insert into pawl.step_reports (epoch, store, host, step, workflows, reason, paused_since, held, calls)"
      " select w.epoch, w.store, w.host, 'send-email', '{handle-test-event}', 'the relay is down', now(), 1, 0"
      " from pawl.workers w");
  const auto selected = [&](const std::string& filter) {
    return exec("select run_id, step from pawl.select_runs('retry-now', $1::jsonb) where step is not null", {filter});
  };
  CHECK(selected("{\"step\": \"send-email\"}") == Table{{held, "send-email"}});
  CHECK(selected("{\"step\": \"create-in-app\"}").empty());
  CHECK(value("select count(*) from pawl.select_runs('retry-now', '{}')") == "2");
}

TEST_CASE_METHOD(BatchFixture, "a filter that is null, no text or no object is refused, and is not everybody") {
  fail(1);
  emit();
  const std::string filter =
      GENERATE("{\"org\": null}", "{\"workflow\": 7}", "{\"user\": [\"x\"]}", "{\"connection\": {}}",
               "{\"since\": true}", "{\"until\": null}", "null", "[]", "\"x\"", "7");
  CAPTURE(filter);
  for (const std::string verb : {"resume", "cancel", "retry-now"}) {
    for (const std::string function : {"select_runs", "preview_batch"})
      CHECK_THROWS_WITH(exec("select from pawl." + function + "($1, $2::jsonb)", {verb, filter}),
                        Catch::Contains("is to be a "));
    CHECK_THROWS_WITH(make(filter, "0", verb), Catch::Contains("is to be a "));
    CHECK_THROWS_WITH(exec("select from pawl.select_runs($1, null)", {verb}),
                      Catch::Contains("is to be a JSON object"));
  }
  CHECK_THROWS_WITH(exec("select from pawl.select_runs(null, '{}')"), Catch::Contains("no batch of the verb"));
  CHECK(value("select count(*) from pawl.batches") == "0");
}

TEST_CASE_METHOD(BatchFixture, "a batch takes runs whose time is none, unless it asks for those before some time") {
  fail(1);
  emit();
  const std::string time = GENERATE("infinity", "-infinity");
  exec("update pawl.outbox_archive set finished_at = '" + time + "'");
  exec("update pawl.outbox set created_at = '" + time + "'");
  for (const std::string verb : {"resume", "cancel", "retry-now"}) {
    CAPTURE(verb, time);
    const auto count = [&](const std::string& filter) {
      return value("select count(*) from pawl.select_runs($1, $2::jsonb)", {verb, filter});
    };
    CHECK(count("{}") == "1");
    CHECK(count("{\"until\": \"2100-01-01Z\"}") == (time == "infinity" ? "0" : "1"));
    CHECK_FALSE(make("{}", "0", verb).empty());
  }
}

TEST_CASE_METHOD(BatchFixture, "P1: where a policy hides notifications, a user's runs are not said to be fewer") {
  const std::string owner = "owner_in_" + name;
  exec("create role " + owner);
  exec("grant all on all tables in schema pawl, public to " + owner);
  exec("grant all on schema pawl to " + owner);
  exec("grant execute on all functions in schema pawl to " + owner);
  exec("alter function pawl.select_runs owner to " + owner);
  const std::string select = "select count(*) from pawl.select_runs('resume', '{\"user\": \"ada\"}')";
  CHECK(value(select) == "0");
  exec("alter table notifications enable row level security");
  CHECK_THROWS_WITH(connection.run("select", select, {}),
                    Catch::Contains("create policy pawl_reads on public.notifications for select to " + owner));
  CHECK_THROWS_AS(connection.run("select", select, {}), engine::RefusedError);
  CHECK_THROWS_AS(make("{\"user\": \"ada\"}"), engine::RefusedError);
  CHECK(value("select count(*) from pawl.select_runs('resume', '{}')") == "0");
  exec("create policy pawl_reads on public.notifications for select to " + owner + " using (true)");
  CHECK(value(select) == "0");
  exec("alter function pawl.select_runs owner to current_user");
  exec("drop owned by " + owner);
  exec("drop role " + owner);
}

TEST_CASE_METHOD(BatchFixture, "a preview says what a batch would leave out and why, and the batch leaves it out") {
  const auto ids = fail(3);
  exec("update pawl.outbox_archive set resumable = 'nowhere' where id = $1::uuid", {ids[0]});
  const std::string groups = "select runs, left_out from pawl.preview_batch('resume', '{}')";
  const std::string ended_by_itself = "its workflow has acted on each failure and ended by itself";
  CHECK(exec(groups) == Table{{"2", ""}, {"1", ended_by_itself}});
  const std::string batch = make("{}", "0.001");
  CHECK(value("select runs from pawl.batches") == "2");
  CHECK(exec(groups) == Table{{"2", "batch " + batch + " owes it"}, {"1", ended_by_itself}});
  CHECK(make() == "");
  control(batch, "abort");
  CHECK(exec(groups) == Table{{"2", ""}, {"1", ended_by_itself}});
}

TEST_CASE_METHOD(BatchFixture, "a user's runs are those that mail or notify him, by id and by address") {
  const Organisation acme(*this);
  const auto ids = fail(3);
  exec(
      "insert into pawl.email_deliveries (event_id, user_id, epoch, claim, claimed_at, attempts, workflow, step, state,"
      " message_id, address) values ($1::uuid, $2::uuid, 1, 1, now(), 1, 'w', 's', 'sending', 'm', 'Ada@x.example')",
      {ids[0], acme.owner});
  exec(
      "insert into notifications (event_id, user_id, org_id, kind, urgency, title, body, link, data)"
      " values ($1::uuid, $2::uuid, $3::uuid, 'k', 'urgent', 't', 'b', 'l', '{}')",
      {ids[1], acme.owner, acme.id});
  const auto runs = [&](const std::string& user) {
    return value(
        "select string_agg(run_id::text, ' ' order by at, run_id) from pawl.select_runs('resume',"
        " jsonb_build_object('user', $1::text))",
        {user});
  };
  CHECK(runs(acme.owner) == ids[0] + " " + ids[1]);
  CHECK(runs("ada@X.example") == ids[0]);
  CHECK(runs(acme.admin) == "");
  // runs that were made from others tell under their keys
  exec("update pawl.outbox_archive set effects_of = $2::uuid where id = $1::uuid", {ids[2], ids[0]});
  CHECK(runs("ada@x.example") == ids[0] + " " + ids[2]);
  exec("update pawl.outbox_archive set effects_of = $2::uuid where id = $1::uuid", {ids[2], ids[1]});
  CHECK(runs(acme.owner) == ids[0] + " " + ids[1] + " " + ids[2]);
}

TEST_CASE_METHOD(BatchFixture,
                 "a preview of few failed among many archived runs scans no archive, and a batch is found by its key",
                 "[session]") {
  exec(
      "insert into pawl.outbox_archive (position, id, created_at, finished_at, deliveries, resumes, store, status, "
      "reason,"
      " workflow, type, aggregatetype, aggregateid, payload, headers)"
      " select n, gen_random_uuid(), now(), now() - n * interval '1 ms', 1, 0, gen_random_uuid(),"
      " case when n % 1000 = 0 then 'failed' else 'done' end, 'why', 'w', 't', 'a', '1', '{}', '{}'"
      " from generate_series(1, 200000) n");
  exec("analyze pawl.outbox_archive");
  storage::PostgresConnection session(own_session(conninfo));
  session.transact("look", [&](storage::Transaction& transaction) {
    CHECK(transaction.run("select runs from pawl.preview_batch('resume', '{}')").string(0, 0) == "200");
    const storage::Rows read = transaction.run(
        "select coalesce(sum(seq_tup_read), 0), sum(idx_tup_fetch) from pg_stat_xact_user_tables"
        " where schemaname = 'pawl' and relname like 'outbox_archive%'");
    CHECK(read.string(0, 0) == "0");
    CHECK(read.integer(0, 1) <= 200);
  });
  exec(
      "insert into pawl.batches (verb, filter, requested_by, runs) select 'resume', '{}', 'x', 500"
      " from generate_series(1, 20)");
  exec(
      "insert into pawl.batch_runs (batch, place, run_id) select b.id, n, gen_random_uuid() from pawl.batches b,"
      " generate_series(1, 500) n");
  exec("analyze pawl.batch_runs");
  const Table shown = exec("explain select outcome, count(*) from pawl.v1_batch_runs where batch = 7 group by outcome");
  std::string text;
  for (const auto& line : shown) text += line[0] + "\n";
  CHECK_THAT(text, Catch::Contains("batch_runs_pkey") && !Catch::Contains("Seq Scan"));
}
