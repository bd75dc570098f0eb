// How events leave the outbox, and how an operator puts a failed one back.
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "engine/authoring/errors.h"
#include "storage/outbox/operators/event_admin.h"
#include "tests/storage/postgres_fixture.h"

using namespace pawl;
using namespace pawl::tests;

namespace {

struct FinishFixture : PostgresFixture {
  Worker worker{*this};
  FinishFixture() { worker.open(); }
  engine::Event claim_one() {
    emit();
    return worker.claim().at(0);
  }
  std::string fail_one() {
    const engine::Event event = claim_one();
    worker.finish(event, engine::RunStatus::kFailed, "bad payload");
    return event.id;
  }
  storage::ResumeOutcome resume(const std::string& id) {
    return storage::resume_events(conninfo, {{id}, "operator", "try again", 0}).at(0);
  }
};

}  // namespace

TEST_CASE_METHOD(FinishFixture, "a finished event is in the archive and nowhere else") {
  const auto event = claim_one();
  CHECK(worker.finish(event) == 1);
  CHECK(value("select count(*) from pawl.outbox") == "0");
  const auto row =
      exec("select id, status, reason, store, deliveries, position, payload from pawl.outbox_archive").at(0);
  CHECK(row == std::vector<std::string>{event.id, "done", "", worker.store, "1", std::to_string(event.position), "{}"});
}

TEST_CASE_METHOD(FinishFixture, "an event that an operator marks while it is being archived is archived all the same") {
  const auto marked = claim_one(), other = claim_one();
  std::size_t archived = 0;
  std::thread archiving;
  storage::PostgresConnection operators(own_session(conninfo));
  operators.transact("mark", [&](storage::Transaction& transaction) {
    REQUIRE(transaction.run("select pawl.retry_now($1::uuid, 'me')", {marked.id}).string(0, 0) == "retrying");
    archiving = std::thread([&] {
      archived = worker.outbox.finish(
          std::vector<engine::FinishedEvent>{{marked.position, marked.id, engine::RunStatus::kDone, ""},
                                             {other.position, other.id, engine::RunStatus::kDone, ""}});
    });
    CHECK(eventually([&] {
      return value(
                 "select count(*) from pg_stat_activity where datname = current_database()"
                 " and wait_event_type = 'Lock'") == "1";
    }));
  });
  archiving.join();
  CHECK(archived == 2);
  CHECK(value("select count(*) from pawl.outbox") == "0");
  CHECK(value("select count(*) from pawl.outbox_archive") == "2");
}

TEST_CASE_METHOD(FinishFixture, "a failed event keeps its reason, whatever bytes that has") {
  const auto event = claim_one();
  CHECK(worker.finish(event, engine::RunStatus::kFailed, "payload: \"org_id\" {is} \\missing \xFF") == 1);
  CHECK(value("select reason from pawl.v1_events where status = 'failed'") ==
        "payload: \"org_id\" {is} \\missing \xEF\xBF\xBD");
}

TEST_CASE_METHOD(FinishFixture,
                 "a failed event says in columns which step failed, how, and with which code; a done one nothing") {
  const auto done = claim_one(), failed = claim_one(), poison = claim_one();
  std::vector<engine::FinishedEvent> ends{
      {done.position, done.id, engine::RunStatus::kDone, ""},
      {failed.position, failed.id, engine::RunStatus::kFailed, "send-email (u): 550 5.1.1 no"},
      {poison.position, poison.id, engine::RunStatus::kFailed, "set aside"}};
  ends[1].failure = {"send-email", "u", engine::FailureClass::kPermanent, "5.1.1"};
  ends[2].failure.klass = engine::FailureClass::kPoison;
  CHECK(worker.outbox.finish(ends) == 3);
  CHECK(exec("select failed_step, failed_key, failure_class, failure_code from pawl.v1_events order by position") ==
        Table{{"", "", "", ""}, {"send-email", "u", "permanent", "5.1.1"}, {"", "", "poison", ""}});
  CHECK(value("select count(*) from pawl.v1_events where failed_step is null and failed_key is null") == "2");
}

TEST_CASE_METHOD(FinishFixture, "the archive has a partition for now and for the months to come") {
  worker.finish(claim_one());
  CHECK(value("select count(*) from pawl.outbox_archive_default") == "0");
  CHECK(value("select count(*) from pg_inherits where inhparent = 'pawl.outbox_archive'::regclass") == "4");
}

TEST_CASE_METHOD(FinishFixture, "a worker that runs for months creates the archive's partitions as they come near") {
  const auto partitions = [&] {
    return value("select count(*) from pg_inherits where inhparent = 'pawl.outbox_archive'::regclass");
  };
  const auto months_pass = [&] {  // as if they had been created two months ago
    exec("drop table " + value("select string_agg(c.oid::regclass::text, ', ') from pg_inherits i join pg_class c"
                               " on c.oid = i.inhrelid where i.inhparent = 'pawl.outbox_archive'::regclass and"
                               " c.relname > 'outbox_archive_' || to_char(now() at time zone 'UTC', 'YYYY_MM') and"
                               " c.relname <> 'outbox_archive_default'"));
  };
  storage::Epoch epoch{0};
  storage::PostgresOutbox outbox({.address = conninfo, .version = "test", .partitions_every = engine::Duration{0}},
                                 epoch);
  outbox.open({Worker::new_store(), {}, {}});
  for (int time = 0; time < 2; ++time) {
    months_pass();
    REQUIRE(partitions() == "2");
    CHECK(eventually([&] {
      outbox.claim({test_workflows(), {1, 5, {}}});
      return partitions() == "4";
    }));
  }
}

TEST_CASE_METHOD(FinishFixture, "archive retention drops whole months and moves forgotten ones out of the default") {
  exec(
      "insert into pawl.outbox_archive (position, id, created_at, finished_at, deliveries, resumes, store, status,"
      " workflow, type, aggregatetype, aggregateid, payload, headers)"
      " select 1, gen_random_uuid(), now(), now() - interval '200 days', 1, 0, gen_random_uuid(), 'done',"
      " 'w', 't', 'a', 'b', '{}', '{}'");
  exec("select pawl.create_archive_month(date_trunc('month', (now() - interval '200 days') at time zone 'UTC'))");
  CHECK(value("select count(*) from pawl.outbox_archive_default") == "0");
  CHECK(value("select count(*) from pawl.outbox_archive") == "1");
  CHECK(value("select pawl.maintain_archive('365 days')") == "0");
  CHECK(value("select pawl.maintain_archive('90 days')") == "1");
  CHECK(value("select count(*) from pawl.outbox_archive") == "0");
}

TEST_CASE_METHOD(FinishFixture, "a commit whose outcome is unknown is repeated and archives once") {
  const auto event = claim_one();
  exec("create table probe ()");
  exec("alter system set synchronous_standby_names = 'nosuch'");
  exec("select pg_reload_conf()");
  storage::PostgresConnection watcher(conninfo);
  std::atomic<bool> seen = false;
  std::thread probe([&] {  // a reload is not at once: commits until one of them hangs, as all do from then on
    try {
      storage::PostgresConnection prober(own_session(conninfo));
      while (!seen) prober.run_once("probe", "insert into public.probe default values", {});
    } catch (const engine::Error&) {  // whatever becomes of it, the table is not what the test looks at
    }
  });
  const bool in_force = eventually([&] {
    return watcher
               .run("watch",
                    "select from pg_stat_activity where datname = current_database() and wait_event = 'SyncRep'", {})
               .size() > 0;
  });
  seen = true;
  // Ends the session that has committed and waits for the standby that never comes, and waits for its end: were the
  // standby no longer asked for before that session looks for the signal, it would answer as if nothing had happened.
  std::thread killer([&] {
    eventually([&] {
      return watcher
                 .run(
                     "kill",
                     "select pg_terminate_backend(pid, 10000) from pg_stat_activity"
                     " where datname = current_database() and wait_event = 'SyncRep' and query like '%outbox_archive%'",
                     {})
                 .size() > 0;
    });
    watcher.run("reset", "alter system reset synchronous_standby_names", {});
    watcher.run("reload", "select pg_reload_conf()", {});
  });
  const std::size_t finished = worker.finish(event);
  killer.join();
  probe.join();
  CHECK(in_force);
  CHECK(finished == 0);  // the repetition found the work done
  CHECK(value("select count(*) from pawl.outbox_archive") == "1");
  CHECK(value("select count(*) from pawl.outbox") == "0");
}

TEST_CASE_METHOD(FinishFixture, "a run that has acted on all of its failures is not resumed, and it is said why") {
  const engine::Event event = claim_one();
  const engine::FinishedEvent end{event.position, event.id, engine::RunStatus::kFailed, "no",
                                  engine::Resumable::kNowhere};
  REQUIRE(worker.outbox.finish({&end, 1}) == 1);
  const auto outcome = resume(event.id);
  CHECK_FALSE(outcome.resumed);
  CHECK(outcome.detail.find("nothing to resume: its workflow has acted on each failure") == 0);
  CHECK(value("select status from pawl.v1_events") == "failed");
}

TEST_CASE_METHOD(FinishFixture, "a resume is on record with who asked for it and why") {
  const std::string id = fail_one();
  const auto outcome = resume(id);
  CHECK(outcome.resumed);
  CHECK(outcome.detail.empty());
  CHECK(value("select verb || event_id || requested_by || note || outcome from pawl.commands") ==
        "resume" + id + "operatortry againresumed");
}

TEST_CASE_METHOD(
    FinishFixture,
    "a resumed run whose checkpoints are lost is let go by name and reason, and by nobody while they live") {
  const engine::Event event = claim_one();
  const engine::FinishedEvent end{event.position, event.id, engine::RunStatus::kFailed, "no", engine::Resumable::kHere};
  worker.outbox.finish({&end, 1});
  const std::string unpin = "select pawl.unpin($1::uuid, 'disk lost, stock checked', 'olive', $2::uuid)";
  const std::string request = Worker::new_store();
  CHECK(value(unpin, {event.id, Worker::new_store()}) == "not in the outbox");
  REQUIRE(resume(event.id).resumed);
  CHECK(value(unpin, {event.id, Worker::new_store()}) == "not lost: a worker with its checkpoints is at work");
  worker.expire();
  Worker other(*this);
  other.open();
  CHECK(other.claim().empty());
  CHECK_THROWS_WITH(exec("select pawl.unpin($1::uuid, ' ')", {event.id}), Catch::Contains("a reason is needed"));
  CHECK(value(unpin, {event.id, request}) == "unpinned");
  CHECK(value(unpin, {event.id, request}) == "unpinned");
  CHECK(value(unpin, {event.id, Worker::new_store()}) == "not pinned: any worker may run it");
  CHECK(other.claim_ids() == std::vector<std::string>{event.id});
  CHECK(exec("select requested_by, note, db_user = session_user from pawl.commands where outcome = 'unpinned'") ==
        Table{{"olive", "disk lost, stock checked", "t"}});
}

TEST_CASE_METHOD(FinishFixture,
                 "a resume that is sent again after a lost reply answers as it did and changes nothing") {
  const std::string id = fail_one(), request = Worker::new_store();
  const std::string sql = "select pawl.resume($1::uuid, 'olive', null, '0', $2::uuid)";
  CHECK(value(sql, {id, request}) == "resumed");
  CHECK(value(sql, {id, request}) == "resumed");
  const auto event = worker.claim().at(0);
  CHECK(value(sql, {id, request}) == "resumed");  // whatever has become of it since
  worker.finish(event, engine::RunStatus::kFailed, "again");
  CHECK(value(sql, {id, request}) == "resumed");
  CHECK(value("select count(*) from pawl.commands") == "1");
  CHECK(value("select resumes from pawl.v1_events") == "1");
  CHECK(value(sql, {id, Worker::new_store()}) == "resumed");  // another request
}

TEST_CASE_METHOD(FinishFixture, "resuming what is not failed is refused, with an audit row that says why") {
  const auto done = claim_one();
  worker.finish(done);
  CHECK(resume(done.id).detail == "not failed: it is done");
  CHECK(resume(Worker::new_store()).detail == "not found");
  CHECK(resume("nonsense").detail == "not found: this is no UUID");
  const std::string failed = fail_one();
  CHECK(resume(failed).resumed);
  const auto again = resume(failed);
  CHECK_FALSE(again.resumed);
  CHECK(again.detail == "not finished: it is in the outbox");
  CHECK(value("select count(*) from pawl.commands where outcome <> 'resumed'") == "3");
  CHECK(value("select count(*) from pawl.outbox") == "1");
}

TEST_CASE_METHOD(FinishFixture, "resuming at a rate spreads the events over time") {
  const std::vector<std::string> ids{fail_one(), fail_one(), fail_one()};
  const auto outcomes = storage::resume_events(conninfo, {ids, "operator", "", 0.5});
  for (const auto& outcome : outcomes) CHECK(outcome.resumed);
  const auto delays = exec(
      "select extract(epoch from available_at - min(available_at) over ())::int"
      " from pawl.outbox order by position");
  CHECK(delays == Table{{"0"}, {"2"}, {"4"}});
}
