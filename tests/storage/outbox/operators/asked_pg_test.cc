// What operators ask of runs in Postgres: who is answered what, what is marked, and what ends there and then.
#include <catch2/catch.hpp>

#include "engine/authoring/errors.h"
#include "storage/outbox/chores/resolved_runs.h"
#include "storage/outbox/fleet/fleet.h"
#include "storage/outbox/operators/run_requests.h"
#include "tests/storage/postgres_fixture.h"

using namespace pawl;
using namespace pawl::tests;

namespace {

struct Asked : PostgresFixture {
  std::string request = Worker::new_store();

  std::string cancel(const std::string& id, const std::string& by = "ops") {
    return value("select pawl.cancel($1::uuid, $2, 'sold twice')", {id, by});
  }
  std::string retry(const std::string& id) { return value("select pawl.retry_now($1::uuid, 'ops')", {id}); }
  std::string mark_of(const std::string& id) {
    return value("select concat_ws(' ', mark, marked_by) from pawl.outbox where id = $1::uuid", {id});
  }
  std::string ended(const std::string& id) {
    return value("select coalesce((select status || ': ' || reason from pawl.outbox_archive where id = $1::uuid), '')",
                 {id});
  }
  /// What the worker claims, as soon as it finds something.
  static std::vector<engine::Event> find(Worker& worker) {
    std::vector<engine::Event> found;
    REQUIRE(eventually([&] { return !(found = worker.claim()).empty(); }));
    return found;
  }
  std::string rerun(const std::string& id, const std::string& from, bool resend = false) {
    return value("select outcome from pawl.rerun_run($1::uuid, nullif($2, ''), $3::boolean, 'ops', 'why')",
                 {id, from, resend ? "t" : "f"});
  }
};

}  // namespace

TEST_CASE_METHOD(Asked, "cancelling a run that nobody was given ends it, and its payload is not kept") {
  const std::string id = emit();
  exec("update pawl.outbox set payload = '{\"secret\": \"hunter2\"}'");
  CHECK(cancel(id) == "cancelled");
  CHECK(ended(id) == "cancelled: cancelled by ops: sold twice");
  CHECK(value("select payload from pawl.outbox_archive") == R"({"withheld_bytes": 21})");
  CHECK(value("select count(*) from pawl.outbox") == "0");
  CHECK(cancel(id) == "not unfinished: it is cancelled");
  CHECK(value("select pawl.resume($1::uuid, 'ops')", {id}) == "not failed: it is cancelled");
  CHECK(cancel(Worker::new_store()) == "not found");
  CHECK(
      value("select string_agg(verb || ': ' || outcome, ', ' order by id) from pawl.commands where verb = 'cancel'") ==
      "cancel: cancelled, cancel: not unfinished: it is cancelled, cancel: not found");
}

TEST_CASE_METHOD(Asked, "a run that a living worker has is marked once, and freed it keeps the mark") {
  Worker worker(*this), other(*this);
  worker.open();
  other.open();
  const std::string id = emit();
  REQUIRE(worker.claim().size() == 1);
  CHECK(cancel(id, "first") == "cancelling");
  CHECK(cancel(id, "second") == "cancelling");
  CHECK(mark_of(id) == "cancel first");
  worker.expire();
  const std::vector<engine::Event> taken = find(other);
  REQUIRE(taken.at(0).cancel);
  CHECK(taken[0].cancel->by == "first");
  CHECK(cancel(id, "third") == "cancelling");
}

TEST_CASE_METHOD(Asked, "a run that was delivered and is free is left to a worker, where one lives that may take it") {
  Worker worker(*this), other(*this);
  worker.open();
  other.open();
  const std::string id = emit();
  exec("update pawl.outbox set deliveries = 1");
  CHECK(cancel(id) == "cancelling");
  exec("update pawl.outbox set mark = null, only_store = true, store = $1::uuid", {worker.store});
  CHECK(cancel(id) == "cancelling");
  worker.outbox.release({});
  exec("update pawl.outbox set mark = null");
  CHECK(cancel(id) == "cancelled");  // the other has not its checkpoints
}

TEST_CASE_METHOD(Asked, "the same request sent again answers as it did and changes nothing") {
  Worker worker(*this);
  worker.open();
  const std::string id = emit();
  REQUIRE(worker.claim().size() == 1);
  const std::string asked = "select pawl.retry_now($1::uuid, 'ops', null, $2::uuid)";
  CHECK(value(asked, {id, request}) == "retrying");
  exec("update pawl.outbox set mark = null, marked_by = null, mark_epoch = null");
  CHECK(value(asked, {id, request}) == "retrying");
  CHECK(mark_of(id).empty());
  const std::string cancelled = "select pawl.cancel($1::uuid, 'ops', null, $2::uuid)";
  CHECK(value(cancelled, {id, request}) == "cancelling");
  REQUIRE(worker.outbox.finish(std::vector<engine::FinishedEvent>{
              {worker.outbox.marks(0).at(0).position, id, engine::RunStatus::kCancelled, "cancelled by ops"}}) == 1);
  CHECK(value(cancelled, {id, request}) == "cancelling");
  CHECK(value("select count(*) from pawl.commands") == "2");
  const std::string rerun = "select pawl.rerun($1::uuid, null, false, 'ops', 'why', $2::uuid)";
  CHECK(value(rerun, {id, request}) == value(rerun, {id, request}));
  CHECK(value("select count(*) from pawl.outbox") == "1");
}

TEST_CASE_METHOD(Asked, "retry-now makes a run due that waits in the outbox, and says why it does nothing else") {
  const std::string id = emit();
  CHECK(retry(id) == "not waiting: it is pending and due");
  exec("update pawl.outbox set available_at = now() + interval '1 hour'");
  CHECK(retry(id) == "retrying");
  Worker worker(*this);
  worker.open();
  REQUIRE(worker.claim_ids() == std::vector<std::string>{id});
  CHECK(retry(id) == "retrying");
  CHECK(mark_of(id) == "retry-now ops");
  CHECK(cancel(id) == "cancelling");
  const std::string asked_at = value("select marked_at from pawl.outbox");
  worker.outbox.take_off(worker.outbox.marks(0));
  CHECK(retry(id) == "retrying");  // what its code does because of the cancellation may wait as well
  CHECK(mark_of(id) == "cancel ops");
  CHECK(worker.outbox.marks(0).size() == 1);
  CHECK(value("select marked_at > $1::timestamptz from pawl.outbox", {asked_at}) == "t");
  CHECK(retry(Worker::new_store()) == "not found");
}

TEST_CASE_METHOD(Asked, "what is asked of an event is asked of its runs in all workflows, and answered a run") {
  exec("select pawl.add_workflow('test/event', 'also-handle-test-event')");
  const std::string id = emit();
  const auto answers = storage::cancel_runs(conninfo, {{id, Worker::new_store()}, "ops", "sold twice"});
  REQUIRE(answers.size() == 3);
  CHECK(answers[0].run_id == id);
  CHECK(answers[0].outcome == "cancelled");
  CHECK(answers[1].outcome == "cancelled");
  CHECK(answers[2].outcome == "not found");
  const std::string second = emit();
  CHECK(storage::cancel_runs(conninfo, {{second + "/also-handle-test-event"}, "ops", ""}).at(0).run_id ==
        value("select pawl.run_id($1::uuid, 'also-handle-test-event')", {second}));
  CHECK(value("select workflow from pawl.outbox") == "handle-test-event");
}

TEST_CASE_METHOD(Asked, "a rerun is a run of its own, of the archived facts, and keeps the keys of the first") {
  Worker worker(*this);
  worker.open();
  const std::string id = emit();
  CHECK(rerun(id, "") == "not finished: it is in the outbox");
  for (const auto& event : worker.claim()) worker.finish(event, engine::RunStatus::kFailed, "refused");
  CHECK(rerun(Worker::new_store(), "") == "not found");
  REQUIRE(rerun(id, "send").starts_with("rerun as "));
  std::vector<engine::Event> taken = find(worker);
  REQUIRE(taken.size() == 1);
  CHECK(taken[0].id != id);
  CHECK(taken[0].lineage->parent == id);
  CHECK(taken[0].lineage->from_step == "send");
  CHECK(taken[0].lineage->effects_of == id);
  CHECK(taken[0].workflow == "handle-test-event");
  CHECK(taken[0].deliveries == 1);
  REQUIRE(worker.finish(taken[0], engine::RunStatus::kFailed, "refused again") == 1);
  CHECK(value("select parent || ' ' || effects_of from pawl.outbox_archive where id = $1::uuid", {taken[0].id}) ==
        id + " " + id);

  REQUIRE(value("select pawl.resume($1::uuid, 'ops')", {taken[0].id}) == "resumed");
  taken = find(worker);
  REQUIRE(taken.size() == 1);
  CHECK(taken[0].lineage->effects_of == id);  // a resume changes no key
  REQUIRE(worker.finish(taken[0]) == 1);
  REQUIRE(rerun(taken[0].id, "").starts_with("rerun as "));
  taken = find(worker);
  CHECK(taken.at(0).lineage->effects_of == id);
  CHECK(taken.at(0).lineage->from_step.empty());
  REQUIRE(worker.finish(taken[0]) == 1);
  REQUIRE(rerun(taken[0].id, "", true).starts_with("rerun as "));
  CHECK(find(worker).at(0).lineage->effects_of.empty());
}

TEST_CASE_METHOD(Asked,
                 "a rerun from a step waits for the checkpoints of its parent, and one from the beginning does not") {
  Worker worker(*this), other(*this);
  worker.open();
  other.open();
  const std::string id = emit();
  for (const auto& event : worker.claim()) worker.finish(event);
  worker.outbox.release({});
  REQUIRE(rerun(id, "send").starts_with("rerun as "));
  CHECK(other.claim().empty());
  REQUIRE(rerun(id, "", true).starts_with("rerun as "));
  CHECK(find(other).size() == 1);
}

TEST_CASE_METHOD(Asked, "what is kept about an event outlives it while a rerun may do its effects") {
  Worker worker(*this);
  worker.open();
  const std::string id = emit();
  for (const auto& event : worker.claim()) worker.finish(event);
  REQUIRE(rerun(id, "").starts_with("rerun as "));
  exec("delete from pawl.outbox_archive where id = $1::uuid", {id});
  CHECK(value("select pawl.is_gone($1::uuid)", {id}) == "f");
  for (const auto& event : find(worker)) worker.finish(event);
  CHECK(value("select pawl.is_gone($1::uuid)", {id}) == "f");
  exec("delete from pawl.outbox_archive");
  CHECK(value("select pawl.is_gone($1::uuid)", {id}) == "t");
}

TEST_CASE_METHOD(Asked,
                 "P5: no run is made of one whose effects another run is doing, but where all is to be sent again") {
  Worker worker(*this);
  worker.open();
  const std::string id = emit();
  for (const auto& event : worker.claim()) worker.finish(event);
  const auto made = [](const std::string& outcome) { return outcome.substr(std::string("rerun as ").size()); };
  const auto at_work = [](const std::string& run) { return "not finished: " + run + " is doing its effects"; };
  const auto resume = [&](const std::string& run) { return value("select pawl.resume($1::uuid, 'ops')", {run}); };
  const std::string second = made(rerun(id, ""));
  CHECK(rerun(id, "") == at_work(second));
  for (const auto& event : find(worker)) worker.finish(event, engine::RunStatus::kFailed, "refused");
  const std::string third = made(rerun(id, ""));
  CHECK(resume(second) == at_work(third));
  CHECK(rerun(second, "") == at_work(third));
  CHECK(value("select pawl.requeue($1::uuid, '{}', 'ops', 'why') is null", {second}) == "t");
  CHECK(value("select outcome from pawl.commands where verb = 'requeue'") == at_work(third));
  CHECK(rerun(id, "", true).starts_with("rerun as "));
  while (value("select count(*) from pawl.outbox") != "0")
    for (const auto& event : find(worker)) worker.finish(event);
  REQUIRE(resume(second) == "resumed");
  CHECK(rerun(third, "") == at_work(second));
  for (const auto& event : find(worker)) worker.finish(event, engine::RunStatus::kFailed, "refused again");
  const std::string fourth = value("select pawl.requeue($1::uuid, '{}', 'ops', 'why')", {second});
  CHECK(rerun(id, "") == at_work(fourth));
}

TEST_CASE_METHOD(Asked, "a failed run that was begun again is dismissed: what failed after it stands for it") {
  Worker worker(*this);
  worker.open();
  const bool resend = GENERATE(false, true);
  const std::string id = emit();
  for (const auto& event : worker.claim()) worker.finish(event, engine::RunStatus::kFailed, "refused");
  const std::string outcome = rerun(id, "", resend);
  CHECK(ended(id) == "dismissed: " + outcome + " by ops: why; it had failed: refused");
  CHECK(exec("select run_id from pawl.select_runs('resume', '{}')") == Table{});
  CHECK(value("select pawl.resume($1::uuid, 'ops')", {id}) == "not failed: it is dismissed");
  const engine::Event made = find(worker).at(0);
  worker.finish(made, engine::RunStatus::kFailed, "refused again");
  CHECK(exec("select run_id from pawl.select_runs('resume', '{}')") == Table{{made.id}});
  REQUIRE(rerun(id, "", resend).starts_with("rerun as "));
  worker.finish(find(worker).at(0));
  REQUIRE(rerun(made.id, "", resend).starts_with("rerun as "));
  worker.finish(find(worker).at(0));
  CHECK(value("select count(*) from pawl.v1_events where status = 'failed'") == "0");
}

TEST_CASE_METHOD(Asked, "the checkpoints of a failed run stay while a run goes on behind its steps") {
  Worker worker(*this);
  worker.open();
  const std::string id = emit();
  for (const auto& event : worker.claim()) worker.finish(event, engine::RunStatus::kFailed, "refused");
  const std::vector<std::string> ids{id};
  CHECK(storage::resolved_runs(connection, ids).empty());
  REQUIRE(rerun(id, "send").starts_with("rerun as "));
  CHECK(storage::resolved_runs(connection, ids).empty());
  worker.finish(find(worker).at(0));
  CHECK(storage::resolved_runs(connection, ids) == ids);
}

TEST_CASE_METHOD(Asked, "a run that is due much later is given to a worker at once when it is to be cancelled") {
  Worker worker(*this);
  worker.open();
  const std::string id = emit();
  for (const auto& event : worker.claim()) worker.finish(event, engine::RunStatus::kFailed, "refused");
  REQUIRE(value("select pawl.resume($1::uuid, 'ops', null, '3 hours')", {id}) == "resumed");
  CHECK(cancel(id) == "cancelling");
  const std::vector<engine::Event> taken = find(worker);
  REQUIRE(taken.at(0).cancel);
  CHECK(taken[0].cancel->by == "ops");
}

TEST_CASE_METHOD(Asked, "a run that comes back is as old as its return, and one that is begun again as itself") {
  Worker worker(*this);
  worker.open();
  const std::string id = emit();
  for (const auto& event : worker.claim()) worker.finish(event, engine::RunStatus::kFailed, "refused");
  exec("update pawl.outbox_archive set created_at = now() - interval '3 days'");
  const auto ages = [&] {
    storage::PostgresConnection other(conninfo);
    return value("select oldest_age_seconds < 3600 from pawl.v1_lag") +
           value("select value < 3600 from pawl.read_gauges() where name = 'oldest_age_seconds' and value <> 0") +
           (storage::read_fleet(other).backlog.at(0).oldest_seconds < 3600 ? "t" : "f");
  };
  const auto emitted_days_ago = [&](const std::string& run) {
    return value("select extract(day from now() - created_at) from pawl.v1_events where run_id = $1::uuid", {run});
  };
  REQUIRE(value("select pawl.resume($1::uuid, 'ops')", {id}) == "resumed");
  CHECK(ages() == "ttt");
  CHECK(emitted_days_ago(id) == "3");
  worker.finish(find(worker).at(0));
  CHECK(emitted_days_ago(rerun(id, "").substr(std::string("rerun as ").size())) == "0");
  CHECK(ages() == "ttt");
}

TEST_CASE_METHOD(Asked, "a worker whose lease is over goes on with nothing once a run of its was ended") {
  Worker worker(*this);
  worker.open();
  const std::vector<std::string> ids = emit_many(2);
  REQUIRE(worker.claim().size() == 2);
  worker.expire();
  CHECK(cancel(ids[0]) == "cancelled");
  CHECK_THROWS_AS(worker.outbox.renew(), engine::LeaseLostError);
  CHECK(ended(ids[0]) == "cancelled: cancelled by ops: sold twice");
  CHECK(exec("select id, lease_epoch, deliveries from pawl.outbox") == Table{{ids[1], "", "1"}});
  CHECK(exec("select run_id, runs, from_epoch, by_epoch from pawl.v1_takeovers") ==
        Table{{ids[1], "1", std::to_string(worker.epoch.load()), "0"}});
  worker.open();
  CHECK(find(worker).at(0).id == ids[1]);
}

TEST_CASE_METHOD(Asked, "a run that was delivered and is free is ended at once where no worker has its workflow") {
  Worker worker(*this), other(*this);
  worker.open();
  other.open();
  const std::vector<std::string> ids = emit_many(2);
  REQUIRE(worker.claim().size() == 2);
  exec("update pawl.workers set workflows = '{handle-nothing}'");
  exec("update pawl.outbox set lease_epoch = null where id = $1::uuid", {ids[0]});
  CHECK(cancel(ids[0]) == "cancelled");
  CHECK(cancel(ids[1]) == "cancelling");
}

TEST_CASE_METHOD(Asked,
                 "a failed rerun goes on at its step, where its checkpoints are, and stands for the first event") {
  Worker worker(*this);
  worker.open();
  const std::string id = emit();
  for (const auto& event : worker.claim()) worker.finish(event, engine::RunStatus::kFailed, "refused");
  for (const char* from : {"send", "show"}) {
    REQUIRE(rerun(id, from, true).starts_with("rerun as "));
    const std::vector<engine::Event> taken = find(worker);
    CHECK(engine::event_id(taken.at(0)) == id);
    REQUIRE(worker.finish(taken[0], engine::RunStatus::kFailed, "refused again") == 1);
    REQUIRE(value("select pawl.resume($1::uuid, 'ops')", {taken[0].id}) == "resumed");
    CHECK(exec("select from_step, only_store, stands_for from pawl.outbox") == Table{{from, "t", id}});
    const std::vector<engine::Event> again = find(worker);
    CHECK(again.at(0).lineage->from_step == from);
    CHECK(engine::event_id(again[0]) == id);
    REQUIRE(worker.finish(again[0]) == 1);
  }
  const std::string other = emit();
  for (const auto& event : find(worker)) worker.finish(event, engine::RunStatus::kFailed, "no such street");
  exec("select pawl.requeue($1::uuid, '{}', 'ops', 'why')", {other});
  CHECK(engine::event_id(find(worker).at(0)) == other);
}

TEST_CASE_METHOD(Asked, "looking for marks reads a worker's own, however many others have") {
  exec(
      "insert into pawl.outbox (id, type, aggregatetype, aggregateid, payload, workflow, lease_epoch, deliveries, mark,"
      " mark_epoch) select gen_random_uuid(), 'test/event', 'thing', '1', '{}', 'handle-test-event', 8, 1, 'cancel', 8"
      " from generate_series(1, 10000)");
  exec(
      "update pawl.outbox set lease_epoch = 7, mark_epoch = case when position % 1000 = 0 then 7 end where position % "
      "3 = 0");
  exec("analyze pawl.outbox");
  const std::string plan = value(
      "explain (analyze, format json) select o.position from pawl.outbox o where o.mark_epoch = 7 and o.lease_epoch = 7"
      " and o.position > 0 order by o.position limit 1000");
  CHECK_THAT(plan, Catch::Contains("outbox_marked") && !Catch::Contains("Seq Scan"));
  CHECK_THAT(plan, Catch::Contains("\"Actual Rows\": 3,") && Catch::Contains("\"Rows Removed by Filter\": 0"));
}
