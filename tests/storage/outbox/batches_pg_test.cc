// Commands about many runs: how they are worked on, and what a crash, a second hand or the clock does to them.
#include <catch2/catch.hpp>

#include "tests/storage/outbox/batch_fixture.h"

using namespace pawl;
using namespace pawl::tests;

namespace {

const std::string kRequest = "00000000-0000-4000-8000-000000000001";

}  // namespace

TEST_CASE_METHOD(BatchFixture, "a batch is about the runs that there were when it was made, and no other") {
  fail(2);
  const std::string batch = make();
  fail(1, "later");
  CHECK(work() == "2");
  CHECK(failed() == "1");
  CHECK(outcomes(batch) == Table{{"resumed", "2"}});
  CHECK(exec("select state, runs, owed, finished_at is not null from pawl.v1_batches") ==
        Table{{"done", "2", "0", "t"}});
}

TEST_CASE_METHOD(BatchFixture, "a batch of nothing is none") {
  CHECK(make() == "");
  CHECK(value("select count(*) from pawl.batches") == "0");
  CHECK(value("select count(*) from pawl.commands") == "0");
}

TEST_CASE_METHOD(BatchFixture,
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

TEST_CASE_METHOD(BatchFixture, "whoever asked for a batch, and why, is in the record of each of its runs") {
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

TEST_CASE_METHOD(BatchFixture,
                 "the record of a run has the login that made the batch, not that of whoever works on it") {
  fail(1);
  make();
  exec("update pawl.batches set db_user = 'alice_login'");
  work();
  CHECK(exec("select batch is not null, db_user from pawl.commands where verb = 'resume'") ==
        Table{{"t", "alice_login"}});
}

TEST_CASE_METHOD(BatchFixture,
                 "a session that began with small tables reads no table from end to end when they are large",
                 "[session]") {
  fail(30);
  exec(
      "insert into pawl.commands (verb, requested_by, outcome, request) select 'resume', 'x', 'resumed', "
      "gen_random_uuid()"
      " from generate_series(1, 5)");
  for (const char* table : {"commands", "outbox", "outbox_archive", "batch_runs"})
    exec(std::string("analyze pawl.").append(table));
  make();
  storage::PostgresConnection session(own_session(conninfo));
  session.run("work", "select pawl.work_on_batches(null, 15)", {});
  session.run("work", "select pawl.work_on_batches(null, 15)", {});
  exec(
      "insert into pawl.commands (verb, requested_by, outcome, request) select 'resume', 'x', 'resumed', "
      "gen_random_uuid()"
      " from generate_series(1, 10000)");
  fail(10000);
  make();
  session.transact("work", [&](storage::Transaction& transaction) {
    CHECK(transaction.run("select acted_on from pawl.work_on_batches(null, 20)").string(0, 0) == "20");
    CHECK(transaction
              .run("select coalesce(string_agg(relname || ' ' || seq_tup_read, ', '), '') from pg_stat_xact_user_tables"
                   " where schemaname = 'pawl' and seq_tup_read > 0 and relname not in ('batches', 'workers')")
              .string(0, 0) == "");
    CHECK(transaction.run("select sum(idx_tup_fetch) from pg_stat_xact_user_tables where schemaname = 'pawl'")
              .integer(0, 0) < 20 * 20);
  });
}

TEST_CASE_METHOD(BatchFixture, "a step that died is made again, and each run is acted on once", "[session]") {
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

TEST_CASE_METHOD(BatchFixture, "nobody waits for a batch that somebody else works on", "[session]") {
  fail(2);
  make();
  storage::PostgresConnection other(own_session(conninfo));
  other.transact("work", [&](storage::Transaction& transaction) {
    CHECK(transaction.run("select acted_on from pawl.work_on_batches(null, 1)").string(0, 0) == "1");
    CHECK(work() == "0");
  });
  CHECK(work() == "1");
}

TEST_CASE_METHOD(BatchFixture, "a paused batch does nothing until it is continued, and an aborted one never again") {
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
  CHECK(exec("select acted, owed from pawl.v1_batches") == Table{{"2", "0"}});
  for (const std::string verb : {"pause", "continue", "abort"})
    CHECK(control(batch, verb) == "not ended: it is aborted");
  CHECK(control("99", "pause") == "not found");
  CHECK_THROWS_WITH(control(batch, "stop"), Catch::Contains("no verb stop"));
  CHECK_THROWS_WITH(exec("select pawl.control_batch($1::bigint, null, 'alice')", {batch}), Catch::Contains("no verb"));
}

TEST_CASE_METHOD(BatchFixture, "a run resumed by hand meanwhile is resumed once, and the batch says why not") {
  const auto ids = fail(3);
  const std::string batch = make();
  CHECK(value("select pawl.resume($1::uuid, 'bob')", {ids[0]}) == "resumed");
  work();
  CHECK(outcomes(batch) == Table{{"not finished: it is in the outbox", "1"}, {"resumed", "2"}});
  CHECK(value("select max(resumes) from pawl.outbox") == "1");
  CHECK(waiting() == "3");
}

TEST_CASE_METHOD(BatchFixture,
                 "a run that has failed anew since its batch was made is left as it is, and a new batch takes it") {
  const auto ids = fail(2);
  const std::string batch = make();
  CHECK(value("select pawl.resume($1::uuid, 'bob')", {ids[0]}) == "resumed");
  fail_again(ids[0]);
  CHECK(work() == "2");
  CHECK(outcomes(batch) == Table{{"not meant: it has failed anew since the batch was made", "1"}, {"resumed", "1"}});
  CHECK(exec("select id, resumes from pawl.outbox_archive where status = 'failed'") == Table{{ids[0], "1"}});
  const std::string next = make();
  work();
  CHECK(outcomes(next) == Table{{"resumed", "1"}});
  CHECK(value("select resumes from pawl.outbox where id = $1::uuid", {ids[0]}) == "2");
}

TEST_CASE_METHOD(BatchFixture,
                 "what is wrong with one run of a batch is that run's outcome, and the others are resumed") {
  const auto ids = fail(3);
  exec("alter table pawl.outbox add constraint unlucky check (id <> '" + ids[1] + "')");
  const std::string batch = make();
  CHECK(work() == "3");
  const Table said = outcomes(batch);
  REQUIRE(said.size() == 2);
  CHECK_THAT(said[0][0], Catch::Contains("refused: ") && Catch::Contains("unlucky"));
  CHECK(said[1] == std::vector<std::string>{"resumed", "2"});
}

TEST_CASE_METHOD(BatchFixture, "a batch whose step fails holds no other one, says why, and goes on when it can") {
  const auto poison = fail(2, "poison");
  fail(2, "innocent");
  exec(
      "create function refuse_poison() returns trigger language plpgsql as $$ begin"
      " raise exception 'no room for it' using errcode = 'configuration_limit_exceeded'; end $$");
  exec("create trigger refuse_poison before insert on pawl.outbox for each row when (new.id = '" + poison[1] +
       "') execute function refuse_poison()");
  const std::string failing = make("{\"error_like\": \"poison\"}"), other = make("{\"error_like\": \"innocent\"}");
  CHECK(exec("select acted_on, running, failing from pawl.work_on_batches()") ==
        Table{{"2", "1", "batch " + failing + ": no room for it"}});
  CHECK(exec("select pawl.step_due_at(b) = b.problem_at + interval '1 s' from pawl.batches b where b.problem is not "
             "null") == Table{{"t"}});
  CHECK(outcomes(failing) == Table{{"", "2"}});
  CHECK(outcomes(other) == Table{{"resumed", "2"}});
  CHECK(exec("select problem from pawl.v1_batches order by batch") == Table{{"no room for it"}, {""}});
  CHECK(work() == "0");
  exec("drop trigger refuse_poison on pawl.outbox");
  exec("update pawl.batches set problem_at = problem_at - interval '1 minute' where problem_at is not null");
  CHECK(work() == "2");
  CHECK(value("select count(*) from pawl.v1_batches where state = 'done' and problem is null") == "2");
}

TEST_CASE_METHOD(BatchFixture,
                 "more batches than a step takes all come on, however slow those are that were made first") {
  fail(24);
  exec("update pawl.outbox_archive set aggregateid = (position % 12)::text");
  for (int about = 0; about < 12; ++about) make("{\"connection\": \"" + std::to_string(about) + "\"}", "0.001");
  work();
  work();
  CHECK(value("select count(*) from pawl.v1_batches where owed = 1") == "12");
}

TEST_CASE_METHOD(BatchFixture, "the slowest and the fastest rate are reckoned with, and none beyond them is made") {
  fail(2);
  for (const std::string rate : {"1e-12", "9e-7", "1e7", "-1", "NaN", "Infinity"})
    CHECK_THROWS_WITH(make("{}", rate), Catch::Contains("is no rate"));
  make("{}", "1e-6");
  CHECK(work() == "1");
  CHECK(exec("select owed, through_at > now() from pawl.v1_batches") == Table{{"1", "t"}});
  exec("update pawl.batches set runs = 2000000000");
  CHECK(exec("select through_at is null from pawl.v1_batches") == Table{{"t"}});
}

TEST_CASE_METHOD(BatchFixture,
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

TEST_CASE_METHOD(BatchFixture, "a worker's step is under its epoch: one whose lease is over does nothing more") {
  fail(2);
  make();
  CHECK(work("1") == "0");
  CHECK(failed() == "2");
  CHECK(work(std::to_string(worker.epoch)) == "2");
}

TEST_CASE_METHOD(BatchFixture, "a worker works on batches while it claims, and claims what they put back") {
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

TEST_CASE_METHOD(BatchFixture, "a batch cancels runs that have not ended, and tells the worker that has one") {
  emit_many(3);
  worker.claim(1);
  const std::string batch = make("{}", "0", "cancel");
  CHECK(work() == "3");
  CHECK(outcomes(batch) == Table{{"cancelled", "2"}, {"cancelling", "1"}});
  CHECK(value("select count(*) from pawl.v1_events where status = 'cancelled'") == "2");
  CHECK(value("select count(*) from pawl.commands where verb = 'cancel' and batch = $1::bigint", {batch}) == "3");
}

TEST_CASE_METHOD(BatchFixture, "a batch lets runs wait no longer, but none that was resumed since it was made") {
  const auto ids = emit_many(3);
  exec("update pawl.outbox set available_at = now() + interval '1 hour' where id <> $1::uuid", {ids[0]});
  const std::string batch = make("{}", "0", "retry-now");
  exec("update pawl.outbox set resumes = 1 where id = $1::uuid", {ids[1]});
  CHECK(work() == "3");
  CHECK(outcomes(batch) == Table{{"not meant: it was resumed since the batch was made", "1"},
                                 {"not waiting: it is pending and due", "1"},
                                 {"retrying", "1"}});
  CHECK(exec("select id from pawl.outbox where available_at > now()") == Table{{ids[1]}});
}

TEST_CASE_METHOD(BatchFixture, "a worker that has no room for events works on batches all the same") {
  fail(3);
  make();
  CHECK(eventually([&] {
    CHECK(worker.claim(0).empty());
    return value("select state from pawl.batches") == "done";
  }));
  CHECK(value("select count(*) from pawl.outbox where lease_epoch is not null") == "0");
}

TEST_CASE_METHOD(BatchFixture, "a worker that may go when it is idle stays while a batch runs") {
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

TEST_CASE_METHOD(BatchFixture, "without a running batch a step writes nothing and locks nothing", "[session]") {
  fail(1);
  control(make(), "pause");
  storage::PostgresConnection session(own_session(conninfo));
  session.transact("look", [&](storage::Transaction& transaction) {
    transaction.run("select pawl.work_on_batches($1::bigint)", {std::to_string(worker.epoch)});
    CHECK(transaction.run("select pg_current_xact_id_if_assigned() is null").boolean(0, 0));
  });
}

TEST_CASE_METHOD(BatchFixture, "a failed run says which batch is still to act on it") {
  fail(2);
  const std::string batch = make();
  exec("select pawl.work_on_batches(null, 1)");
  CHECK(exec("select status, batch from pawl.v1_events order by status") == Table{{"failed", batch}, {"pending", ""}});
  control(batch, "abort");
  CHECK(value("select count(*) from pawl.v1_events where batch is not null") == "0");
}

TEST_CASE_METHOD(BatchFixture, "a batch knows how the runs stand that it has acted on") {
  fail(4);
  const std::string batch = make();
  exec("select pawl.work_on_batches(null, 3)");
  control(batch, "pause");
  const auto events = worker.claim();
  worker.finish(events.at(0));
  worker.finish(events.at(1), engine::RunStatus::kFailed, "again");
  CHECK(exec("select status, runs from pawl.batch_ends($1::bigint) order by status", {batch}) ==
        Table{{"done", "1"}, {"failed", "1"}, {"unfinished", "1"}});
  exec("delete from pawl.outbox_archive where status = 'done'");
  CHECK(value("select string_agg(status, ' ' order by status) from pawl.batch_ends($1::bigint)", {batch}) ==
        "failed gone unfinished");
}

TEST_CASE_METHOD(BatchFixture, "a batch is kept until it ended long ago and the last of its runs is gone") {
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
