// Commands about many runs: what they select, how they are worked on, and what a crash or a second hand does to them.
#include <algorithm>
#include <catch2/catch.hpp>

#include "engine/authoring/errors.h"
#include "tests/storage/postgres_fixture.h"

using namespace pawl;
using namespace pawl::tests;

namespace {

const std::string kRequest = "00000000-0000-4000-8000-000000000001";

struct Fixture : PostgresFixture {
  Worker worker{*this};
  Fixture() { worker.open(); }

  std::vector<std::string> fail(int count, const std::string& reason = "the relay said 550 5.1.1") {
    const std::vector<std::string> ids = emit_many(count);
    for (const auto& event : worker.claim(count)) worker.finish(event, engine::RunStatus::kFailed, reason);
    return ids;
  }
  std::string make(const std::string& filter = "{}", const std::string& rate = "0",
                   const std::string& verb = "resume") {
    return value("select batch from pawl.make_batch($1, $2::jsonb, 'alice', 'relay mended', $3::float8)",
                 {verb, filter, rate});
  }
  std::string work(const std::string& epoch = "null") {
    return value("select acted_on from pawl.work_on_batches(" + epoch + ", 1000)");
  }
  std::string control(const std::string& batch, const std::string& verb, const std::string& request = "") {
    return value("select pawl.control_batch($1::bigint, $2, 'alice', null, nullif($3, '')::uuid)",
                 {batch, verb, request});
  }
  std::string failed() { return value("select count(*) from pawl.outbox_archive where status = 'failed'"); }
  std::string waiting() { return value("select count(*) from pawl.outbox"); }
  Table outcomes(const std::string& batch) {
    return exec(
        "select coalesce(outcome, ''), count(*) from pawl.v1_batch_runs where batch = $1::bigint"
        " group by outcome order by outcome",
        {batch});
  }
  std::string reason_shape(const std::string& reason) { return value("select pawl.reason_shape($1)", {reason}); }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "reasons that differ in ids, addresses, numbers and quoted words alone have one shape") {
  const std::string one = reason_shape(
      "step send-email, item 0e0b9a3c-1f5e-4c7a-9a58-1a2b3c4d5e6f: <ada@example.com>: no box \"ada\" after 31 tries, "
      "0x7f3a99");
  CHECK(one == reason_shape("step send-email, item 77ab3c4d-aaaa-4c7a-9a58-1a2b3c4d5e6f: <bob.b@mail.example>: no box "
                            "\"bob\" after 4.5 tries, 0x11ee42"));
  CHECK(one == "step send-email, item ...: <...>: no box \"...\" after ... tries, ...");
  CHECK(reason_shape("it's the user's own 'x' that's wrong") == "it's the user's own '...' that's wrong");
}

TEST_CASE_METHOD(Fixture, "a shape keeps the codes by which a relay or a service says why") {
  for (const std::string kept :
       {"550 5.1.1 no such user", "relay: 421 try later", "refused with HTTP 503", "4.7.1 policy"})
    CHECK(reason_shape(kept) == kept);
  CHECK(reason_shape("took 512 ms") == "took ... ms");
}

TEST_CASE_METHOD(Fixture, "a preview has failures by workflow, step and reason, with one of them as an example") {
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

TEST_CASE_METHOD(Fixture, "each filter selects what it says, and a filter that is none is an error") {
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
  CHECK_THROWS_WITH(make("{\"step\": \"x\"}", "0", "cancel"), Catch::Contains("not known by step"));
  CHECK_THROWS_WITH(make("{}", "0", "explode"), Catch::Contains("explode"));
}

TEST_CASE_METHOD(Fixture, "a user's runs are those that mail or notify him, by id and by address") {
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
        " jsonb_build_object('user', $1))",
        {user});
  };
  CHECK(runs(acme.owner) == ids[0] + " " + ids[1]);
  CHECK(runs("ada@X.example") == ids[0]);
  CHECK(runs(acme.admin) == "");
}

TEST_CASE_METHOD(Fixture, "a batch is about the runs that there were when it was made, and no other") {
  fail(2);
  const std::string batch = make();
  fail(1, "later");
  CHECK(work() == "2");
  CHECK(failed() == "1");
  CHECK(outcomes(batch) == Table{{"resumed", "2"}});
  CHECK(exec("select state, runs, owed, finished_at is not null from pawl.v1_batches") ==
        Table{{"done", "2", "0", "t"}});
}

TEST_CASE_METHOD(Fixture, "a batch of nothing is none") {
  CHECK(make() == "");
  CHECK(value("select count(*) from pawl.batches") == "0");
  CHECK(value("select count(*) from pawl.commands") == "0");
}

TEST_CASE_METHOD(Fixture,
                 "a request to make or control a batch that is sent again answers as it did and changes nothing") {
  fail(2);
  const std::string sql = "select batch, runs from pawl.make_batch('resume', '{}', 'alice', '', 0, $1::uuid)";
  const Table made = exec(sql, {kRequest});
  CHECK(exec(sql, {kRequest}) == made);
  CHECK(value("select count(*) from pawl.batches") == "1");
  CHECK(control(made[0][0], "pause", kRequest) == "paused");
  CHECK(control(made[0][0], "continue") == "running");
  CHECK(control(made[0][0], "pause", kRequest) == "paused");
  CHECK(value("select state from pawl.batches") == "running");
  CHECK(value("select count(*) from pawl.commands") == "3");
}

TEST_CASE_METHOD(Fixture, "whoever asked for a batch, and why, is in the record of each of its runs") {
  const auto ids = fail(2);
  const std::string batch = make();
  work();
  CHECK(exec("select verb, requested_by, note, outcome, batch, db_user = session_user from pawl.commands"
             " where event_id = any($1::uuid[])",
             {"{" + ids[0] + "," + ids[1] + "}"}) == Table{{"resume", "alice", "relay mended", "resumed", batch, "t"},
                                                           {"resume", "alice", "relay mended", "resumed", batch, "t"}});
  CHECK(exec("select verb, outcome from pawl.commands where event_id is null") ==
        Table{{"batch resume", "made, of 2 runs"}});
}

TEST_CASE_METHOD(Fixture, "a step that died is made again, and each run is acted on once", "[session]") {
  fail(5);
  const std::string batch = make();
  storage::PostgresConnection dying(own_session(conninfo));
  struct Died {};
  CHECK_THROWS_AS(dying.transact("die in a step",
                                 [&](storage::Transaction& transaction) {
                                   transaction.run("select pawl.work_on_batches(null, 3)");
                                   const std::string pid = transaction.run("select pg_backend_pid()").string(0, 0);
                                   exec("select pg_terminate_backend($1::int)", {pid});
                                   throw Died();
                                 }),
                  Died);
  REQUIRE(eventually([&] {
    return value(
               "select count(*) from pg_locks l join pg_class c on c.oid = l.relation"
               " where c.relname = 'batch_runs' and l.pid <> pg_backend_pid()") == "0";
  }));
  CHECK(failed() == "5");
  CHECK(outcomes(batch) == Table{{"", "5"}});
  exec("select pawl.work_on_batches(null, 3)");
  CHECK(failed() == "2");
  exec("select pawl.work_on_batches(null, 3)");
  CHECK(outcomes(batch) == Table{{"resumed", "5"}});
  CHECK(value("select max(resumes) from pawl.outbox") == "1");
  CHECK(value("select count(*) from pawl.commands where verb = 'resume'") == "5");
}

TEST_CASE_METHOD(Fixture, "nobody waits for a batch that somebody else works on", "[session]") {
  fail(2);
  make();
  storage::PostgresConnection other(own_session(conninfo));
  other.transact("work", [&](storage::Transaction& transaction) {
    CHECK(transaction.run("select acted_on from pawl.work_on_batches(null, 1)").string(0, 0) == "1");
    CHECK(work() == "0");
  });
  CHECK(work() == "1");
}

TEST_CASE_METHOD(Fixture, "a paused batch does nothing until it is continued, and an aborted one never again") {
  fail(4);
  const std::string batch = make();
  exec("select pawl.work_on_batches(null, 1)");
  CHECK(control(batch, "pause") == "paused");
  CHECK(work() == "0");
  CHECK(control(batch, "pause") == "not running: it is paused");
  CHECK(control(batch, "continue") == "running");
  CHECK(control(batch, "continue") == "not paused: it is running");
  exec("select pawl.work_on_batches(null, 1)");
  CHECK(control(batch, "abort") == "aborted");
  CHECK(work() == "0");
  CHECK(failed() == "2");
  CHECK(outcomes(batch) == Table{{"left alone: the batch was aborted", "2"}, {"resumed", "2"}});
  CHECK(value("select owed from pawl.v1_batches") == "0");
  for (const std::string verb : {"pause", "continue", "abort"})
    CHECK(control(batch, verb) == "not ended: it is aborted");
  CHECK(control("99", "pause") == "not found");
  CHECK_THROWS_WITH(control(batch, "stop"), Catch::Contains("no verb stop"));
}

TEST_CASE_METHOD(Fixture,
                 "a run of two batches, or resumed by hand meanwhile, is resumed once, and the batch says why not") {
  const auto ids = fail(3);
  const std::string one = make(), two = make();
  CHECK(value("select pawl.resume($1::uuid, 'bob')", {ids[0]}) == "resumed");
  work();
  CHECK(outcomes(one) == Table{{"not finished: it is in the outbox", "1"}, {"resumed", "2"}});
  CHECK(outcomes(two) == Table{{"not finished: it is in the outbox", "3"}});
  CHECK(value("select max(resumes) from pawl.outbox") == "1");
  CHECK(waiting() == "3");
}

TEST_CASE_METHOD(Fixture, "what is wrong with one run of a batch is that run's outcome, and the others are resumed") {
  const auto ids = fail(3);
  exec("alter table pawl.outbox add constraint unlucky check (id <> '" + ids[1] + "')");
  const std::string batch = make();
  CHECK(work() == "3");
  const Table said = outcomes(batch);
  REQUIRE(said.size() == 2);
  CHECK_THAT(said[0][0], Catch::Contains("refused: ") && Catch::Contains("unlucky"));
  CHECK(said[1] == std::vector<std::string>{"resumed", "2"});
}

TEST_CASE_METHOD(Fixture,
                 "a rate allows what its time is worth, keeps fractions, and makes up for no time that nobody worked") {
  fail(200);
  const std::string batch = make("{}", "50");
  exec("update pawl.batches set stepped_at = created_at");
  const auto allowed = [&](const std::string& after) {
    return exec(
        "select a.allowed, extract(epoch from a.used_up_to - b.created_at)::numeric(9, 2) from pawl.batches b,"
        " pawl.allowed_runs(b, b.created_at + $1::interval, 1000) a",
        {after})[0];
  };
  CHECK(allowed("10 ms") == std::vector<std::string>{"0", "0.00"});
  CHECK(allowed("20 ms") == std::vector<std::string>{"1", "0.02"});
  CHECK(allowed("110 ms") == std::vector<std::string>{"5", "0.10"});
  CHECK(allowed("1 hour") == std::vector<std::string>{"50", "3600.00"});
  exec("update pawl.batches set rate = 0.5");
  CHECK(allowed("1 s")[0] == "0");
  CHECK(allowed("1 hour")[0] == "1");
  exec("update pawl.batches set rate = 0");
  CHECK(allowed("0 s")[0] == "200");
  exec("update pawl.batches set rate = 1e6");
  CHECK(value("select acted_on from pawl.work_on_batches(null, 7)") == "7");
}

TEST_CASE_METHOD(Fixture, "a worker's step is under its epoch: one whose lease is over does nothing more") {
  fail(2);
  make();
  CHECK(work("1") == "0");
  CHECK(failed() == "2");
  CHECK(work(std::to_string(worker.epoch)) == "2");
}

TEST_CASE_METHOD(Fixture, "a worker works on batches while it claims, and claims what they put back") {
  fail(3);
  make();
  CHECK(eventually([&] {
    worker.claim();
    return value("select state from pawl.batches") == "done";
  }));
  CHECK(eventually([&] {
    worker.claim();
    return value("select count(*) from pawl.outbox where lease_epoch is not null") == "3";
  }));
}

TEST_CASE_METHOD(Fixture, "a worker that may go when it is idle stays while a batch runs") {
  fail(3);
  worker.claim();
  CHECK_FALSE(worker.outbox.may_have_missed());
  const std::string batch = make("{}", "0.001");
  CHECK(eventually([&] {
    worker.claim();
    return worker.outbox.may_have_missed();
  }));
  control(batch, "pause");
  CHECK(eventually([&] {
    worker.claim();
    return !worker.outbox.may_have_missed();
  }));
}

TEST_CASE_METHOD(Fixture, "without a running batch a step writes nothing and locks nothing", "[session]") {
  fail(1);
  control(make(), "pause");
  storage::PostgresConnection session(own_session(conninfo));
  session.transact("look", [&](storage::Transaction& transaction) {
    transaction.run("select pawl.work_on_batches($1::bigint)", {std::to_string(worker.epoch)});
    CHECK(transaction.run("select pg_current_xact_id_if_assigned() is null").boolean(0, 0));
  });
}

TEST_CASE_METHOD(Fixture, "a failed run says which batch is still to act on it") {
  fail(2);
  const std::string batch = make();
  exec("select pawl.work_on_batches(null, 1)");
  CHECK(exec("select status, batch from pawl.v1_events order by status") == Table{{"failed", batch}, {"pending", ""}});
  control(batch, "abort");
  CHECK(value("select count(*) from pawl.v1_events where batch is not null") == "0");
}

TEST_CASE_METHOD(Fixture, "a batch knows how the runs stand that it has acted on") {
  fail(4);
  const std::string batch = make();
  exec("select pawl.work_on_batches(null, 3)");
  const auto events = worker.claim();
  worker.finish(events.at(0));
  worker.finish(events.at(1), engine::RunStatus::kFailed, "again");
  CHECK(exec("select status, runs from pawl.batch_ends($1::bigint) order by status", {batch}) ==
        Table{{"done", "1"}, {"failed", "1"}, {"unfinished", "1"}});
  exec("delete from pawl.outbox_archive where status = 'done'");
  CHECK(value("select string_agg(status, ' ' order by status) from pawl.batch_ends($1::bigint)", {batch}) ==
        "failed gone unfinished");
}

TEST_CASE_METHOD(Fixture, "a batch is kept until it ended long ago and the last of its runs is gone") {
  const auto ids = fail(3);
  const std::string batch = make();
  const auto prune = [&] {
    for (int step = 0; step < 4; ++step) exec("select pawl.prune('30 days', 2)");
    return value("select count(*) from pawl.batches") + " " + value("select count(*) from pawl.batch_runs");
  };
  exec("update pawl.batches set created_at = now() - interval '1 year'");
  CHECK(prune() == "1 3");
  control(batch, "abort");
  exec("update pawl.batches set finished_at = now() - interval '1 year'");
  CHECK(prune() == "1 3");
  exec("delete from pawl.outbox_archive where id = $1::uuid", {ids[0]});
  CHECK(prune() == "1 2");
  exec("delete from pawl.outbox_archive");
  CHECK(prune() == "0 0");
}

TEST_CASE_METHOD(Fixture,
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
  for (int made = 0; made < 20; ++made) make();
  exec("analyze pawl.batch_runs");
  const Table shown = exec("explain select outcome, count(*) from pawl.v1_batch_runs where batch = 7 group by outcome");
  std::string text;
  for (const auto& line : shown) text += line[0] + "\n";
  CHECK_THAT(text, Catch::Contains("batch_runs_pkey") && !Catch::Contains("Seq Scan"));
}
