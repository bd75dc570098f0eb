// What any host can ask of the fleet: a reason for each unfinished run, the stores there were, and who took over.
#include <unistd.h>

#include <catch2/catch.hpp>

#include "storage/outbox/fleet/fleet.h"
#include "storage/outbox/fleet/runs.h"
#include "tests/storage/postgres_fixture.h"

using namespace pawl;
using namespace pawl::tests;

namespace {

struct FleetFixture : PostgresFixture {
  std::string waiting(const std::string& run, const std::string& column = "state") {
    return value("select " + column + " from pawl.v1_waiting where run_id = $1::uuid", {run});
  }
  /// The worker as one that also says which workflows it runs.
  static std::string runs_test_events(Worker& worker) {
    worker.open();
    worker.database.exec(
        "update pawl.workers set workflows = '{handle-test-event}', path = '/state/checkpoints.db'"
        " where epoch = $1::bigint",
        {std::to_string(worker.epoch.load())});
    return std::to_string(worker.epoch.load());
  }
};

}  // namespace

TEST_CASE_METHOD(FleetFixture, "a run that is free says whether anybody will take it") {
  const std::string run = emit();
  CHECK(waiting(run) == "no-worker");
  Worker other(*this);
  other.open();
  exec("update pawl.workers set workflows = '{another}'");
  CHECK(waiting(run) == "not-run");
  CHECK_THAT(waiting(run, "reason"), Catch::Contains("handle-test-event"));
  Worker worker(*this);
  runs_test_events(worker);
  CHECK(waiting(run) == "due");
  exec("update pawl.outbox set available_at = now() + interval '1 hour'");
  CHECK(waiting(run) == "not-due");
  CHECK(waiting(run, "until - created_at > interval '50 min'") == "t");
  exec("update pawl.outbox set available_at = now(), store = $1::uuid", {worker.store});
  CHECK(waiting(run) == "own-store");
  exec("update pawl.outbox set only_store = true, store = gen_random_uuid()");
  CHECK(waiting(run) == "store-away");
  exec(
      "update pawl.outbox set only_store = false, store = null, mark = 'cancel', marked_by = 'alice', mark_note = "
      "'why'");
  CHECK(waiting(run) == "cancelling");
  CHECK_THAT(waiting(run, "reason"), Catch::Contains("alice") && Catch::Contains("why"));
}

TEST_CASE_METHOD(FleetFixture, "a run whose type or workflow nobody handles says so") {
  const std::string unknown = emit("nobody/knows.it");
  CHECK(waiting(unknown) == "no-workflow");
  Worker worker(*this);
  runs_test_events(worker);
  CHECK(waiting(unknown) == "no-workflow");
  CHECK_THAT(waiting(unknown, "reason"), Catch::Contains("nobody/knows.it") && Catch::Contains("pawl migrate"));
  const std::string run = emit();
  exec("delete from pawl.workflows where workflow = 'handle-test-event'");
  CHECK(waiting(run) == "not-registered");
  exec("update pawl.outbox set workflow = null where id = $1::uuid", {run});
  exec("insert into pawl.workflows (workflow, type) values ('handle-test-event', 'test/event')");
  CHECK(waiting(run) == "unnamed");
}

TEST_CASE_METHOD(FleetFixture, "a run that a worker has names it, its host and its file, and how that worker is") {
  const std::string run = emit();
  Worker worker(*this);
  const std::string epoch = runs_test_events(worker);
  REQUIRE(worker.claim().size() == 1);
  CHECK(waiting(run) == "leased");
  CHECK_THAT(waiting(run, "reason"), Catch::Contains("/state/checkpoints.db"));
  CHECK(waiting(run, "epoch") == epoch);
  CHECK(waiting(run, "store") == worker.store);
  exec(
      "insert into pawl.step_reports (store, host, epoch, step, workflows, held, calls, oldest_call_since)"
      " select store, host, epoch, 'send', '{handle-test-event}', 9, 1, now() - interval '1 min' from pawl.workers"
      " where epoch = $1::bigint",
      {epoch});
  CHECK(waiting(run) == "leased");
  CHECK(waiting(run, "step") == "send");
  CHECK_THAT(waiting(run, "reason"), Catch::Contains("a call of step send is out there"));
  exec(
      "update pawl.step_reports set reason = 'relay down', paused_since = now() - interval '1 hour',"
      " next_probe_at = now() + interval '1 min'");
  CHECK_THAT(waiting(run, "reason"), Catch::Contains("may be one of 9 that wait") && Catch::Contains("relay down"));
  exec("update pawl.step_reports set workflows = '{another}'");
  CHECK_THAT(waiting(run, "reason"), !Catch::Contains("relay down"));
  CHECK(waiting(run, "step").empty());
  worker.outbox.release({});
  CHECK(waiting(run) == "stopped");
  exec("update pawl.workers set stopped_at = null");
  worker.expire();
  CHECK(waiting(run) == "silent");
  CHECK(waiting(run, "until <= now()") == "t");
  exec("delete from pawl.workers");
  CHECK(waiting(run) == "lost");
}

TEST_CASE_METHOD(FleetFixture, "a run that is to be cancelled says who sees to it, and what to do where nobody can") {
  Worker worker(*this), other(*this);
  runs_test_events(worker);
  const std::string run = emit();
  REQUIRE(worker.claim().size() == 1);
  const auto cancel = [&] { return value("select pawl.cancel($1::uuid, 'alice')", {run}); };
  CHECK(cancel() == "cancelling");
  CHECK_THAT(waiting(run, "reason"), Catch::EndsWith("(pid " + std::to_string(getpid()) + ") sees to it"));
  worker.expire();
  const std::string nobody = "no worker lives that could end it: ask again, which ends it at once, or start one";
  CHECK_THAT(waiting(run, "reason"), Catch::EndsWith(nobody));
  runs_test_events(other);
  CHECK_THAT(waiting(run, "reason"), Catch::EndsWith("the next worker that has it sees to it"));
  other.outbox.release({});
  CHECK_THAT(waiting(run, "reason"), Catch::EndsWith(nobody));
  CHECK(cancel() == "cancelled");
}

TEST_CASE_METHOD(FleetFixture, "who takes over from a dead worker is recorded with each run, and told to its log") {
  Worker dead(*this), heir(*this);
  dead.open();
  const std::vector<std::string> ids = emit_many(2);
  REQUIRE(dead.claim().size() == 2);
  heir.open();
  dead.expire();
  std::size_t claimed = 0;
  REQUIRE(eventually([&] { return (claimed += heir.claim().size()) == 2; }));
  CHECK(exec("select run_id, from_epoch, from_store, by_epoch, by_store, runs from pawl.v1_takeovers"
             " order by run_id = $1::uuid desc",
             {ids[0]}) ==
        Table{{ids[0], std::to_string(dead.epoch), dead.store, std::to_string(heir.epoch), heir.store, "2"},
              {ids[1], std::to_string(dead.epoch), dead.store, std::to_string(heir.epoch), heir.store, "2"}});
  CHECK(value("select bool_and(from_host = by_host) from pawl.v1_takeovers") == "t");
  const storage::Takeovers told = heir.outbox.take_takeovers();
  REQUIRE(told.size() == 1);
  CHECK(told[0].epoch == dead.epoch);
  CHECK(told[0].runs == 2);
  CHECK(heir.outbox.take_takeovers().empty());
  CHECK(exec("select state from pawl.v1_stores where store = $1::uuid", {dead.store}) == Table{{"dead"}});
  CHECK(exec("select state, leased from pawl.v1_stores where store = $1::uuid", {heir.store}) ==
        Table{{"living", "2"}});
}

TEST_CASE_METHOD(FleetFixture,
                 "a start on the same checkpoints records what it set free, and nothing where that is nothing") {
  const std::string store = Worker::new_store();
  Worker crashed(*this, store), restarted(*this, store), again(*this, store);
  crashed.open();
  const std::string run = emit();
  REQUIRE(crashed.claim().size() == 1);
  restarted.open({}, {run});
  CHECK(exec("select run_id, from_epoch, by_store from pawl.v1_takeovers") ==
        Table{{run, std::to_string(crashed.epoch), store}});
  CHECK(restarted.outbox.take_takeovers().size() == 1);
  again.open();
  CHECK(value("select count(*) from pawl.v1_takeovers") == "1");
  CHECK(again.outbox.take_takeovers().empty());
}

TEST_CASE_METHOD(FleetFixture, "of a takeover of very many runs all are counted and the first are named") {
  Worker dead(*this), heir(*this);
  dead.open();
  emit_many(10'500);
  REQUIRE(dead.claim(20'000).size() == 10'500);
  heir.open();
  dead.expire();
  REQUIRE(eventually([&] { return !heir.claim(1).empty(); }));
  CHECK(value("select runs from pawl.takeovers") == "10500");
  CHECK(value("select count(*) from pawl.v1_takeovers") == "10000");
}

TEST_CASE_METHOD(FleetFixture, "old takeovers are pruned in steps, new ones stay") {
  exec(
      "insert into pawl.takeovers (at, from_epoch, by_epoch, runs) select now() - age, 1, 2, 3"
      " from unnest(array['3 days', '1 hour']::interval[]) age");
  exec("insert into pawl.takeover_runs select takeover, gen_random_uuid() from pawl.takeovers, generate_series(1, 3)");
  CHECK(value("select removed from pawl.prune('2 days', 2) where name = 'takeovers'") == "2");
  CHECK(value("select count(*) from pawl.takeovers") == "2");
  CHECK(value("select removed from pawl.prune('2 days', 2) where name = 'takeovers'") ==
        "2");  // the takeover itself, too
  CHECK(value("select count(*) from pawl.takeovers") == "1");
  CHECK(value("select count(*) from pawl.v1_takeovers") == "3");
}

TEST_CASE_METHOD(FleetFixture,
                 "a store stays when its worker is gone, with its host, its file and when it was seen last") {
  Worker worker(*this), other(*this);
  runs_test_events(worker);
  exec("update pawl.stores set path = '/state/checkpoints.db'");
  CHECK(value("select state from pawl.v1_stores") == "living");
  worker.outbox.release({});
  CHECK(value("select state from pawl.v1_stores") == "stopped");
  worker.expire();
  const std::string seen = value("select heartbeat_at from pawl.workers");
  other.open();
  other.claim();
  CHECK(exec("select state, path, last_seen_at, epoch from pawl.v1_stores where store = $1::uuid", {worker.store}) ==
        Table{{"stopped", "/state/checkpoints.db", seen, ""}});
}

TEST_CASE_METHOD(FleetFixture, "what a worker reported of its steps goes with its epoch") {
  Worker worker(*this), other(*this);
  const std::string epoch = runs_test_events(worker);
  exec(
      "insert into pawl.step_reports (store, host, epoch, step, workflows, held, calls, reason, paused_since)"
      " select store, host, epoch, 'send', '{}', 7, 0, 'down', now() from pawl.workers where epoch = $1::bigint",
      {epoch});
  CHECK(exec("select step, held, reason from pawl.v1_circuits") == Table{{"send", "7", "down"}});
  CHECK(exec("select step from pawl.v1_calls") == Table{});
  worker.expire();
  CHECK(exec("select step from pawl.v1_circuits") == Table{});
  other.open();
  other.claim();
  CHECK(value("select count(*) from pawl.step_reports") == "0");
  CHECK(exec("select step, store, host = (select max(host) from pawl.workers) from pawl.v1_pauses") ==
        Table{{"send", worker.store, "t"}});
}

TEST_CASE_METHOD(FleetFixture, "with 200,000 unfinished runs, why one waits is one look by its key") {
  exec(
      "insert into pawl.outbox (id, workflow, type, aggregatetype, aggregateid, payload) select gen_random_uuid(),"
      " 'handle-test-event', 'test/event', 'thing', '1', '{}' from generate_series(1, 200000)");
  exec("analyze pawl.outbox");
  const std::string run = emit();
  std::string plan;
  for (const auto& row : exec("explain select * from pawl.v1_waiting where run_id = '" + run + "'"))
    plan += row[0] + "\n";
  CHECK_THAT(plan, Catch::Contains("Index Scan using outbox_id_once") && !Catch::Contains("Seq Scan on outbox"));
}

TEST_CASE_METHOD(FleetFixture, "the fleet is read as it is: workers, backlog, failures and problems") {
  Worker worker(*this);
  runs_test_events(worker);
  emit_many(4);
  emit("nobody/knows.it");
  const auto events = worker.claim(3);
  REQUIRE(events.size() == 3);
  worker.finish(events[0], engine::RunStatus::kFailed, "boom");
  worker.finish(events[1], engine::RunStatus::kFailed, "boom");
  exec("update pawl.outbox_archive set finished_at = now() - interval '3 hours' where id = $1::uuid", {events[0].id});
  storage::PostgresConnection connection(conninfo);
  const storage::Fleet fleet = storage::read_fleet(connection);
  REQUIRE(fleet.stores.size() == 1);
  CHECK(fleet.stores[0].state == "living");
  CHECK(fleet.stores[0].leased == 1);
  CHECK(fleet.stores[0].workflows == std::vector<std::string>{"handle-test-event"});
  CHECK(fleet.runs("handle-test-event"));
  CHECK_FALSE(fleet.runs("another"));
  REQUIRE(fleet.backlog.size() == 2);
  CHECK(fleet.backlog[0].type == "nobody/knows.it");
  CHECK(fleet.backlog[0].workflow.empty());
  CHECK(fleet.backlog[1].due == 1);
  CHECK(fleet.backlog[1].leased == 1);
  CHECK_FALSE(fleet.oldest_run.empty());
  REQUIRE(fleet.failures.size() == 1);
  CHECK(fleet.failures[0].reason == "boom");
  CHECK(fleet.failures[0].last_hour == 1);
  CHECK(fleet.failures[0].last_day == 2);
  CHECK(fleet.failures[0].example == events[1].id);
  CHECK_FALSE(fleet.more_failures);
  CHECK(fleet.older_failed == 0);
  exec("update pawl.outbox_archive set finished_at = now() - interval '3 days' where id = $1::uuid", {events[0].id});
  const storage::Fleet later = storage::read_fleet(connection);
  CHECK(later.failures.at(0).last_day == 1);
  CHECK(later.older_failed == 1);
  CHECK_FALSE(later.oldest_failed_at.empty());
  CHECK(fleet.in_doubt == 0);
}

TEST_CASE_METHOD(FleetFixture, "of very many failures the latest are told by their reasons, and all are counted") {
  exec(
      "insert into pawl.outbox_archive (position, id, created_at, finished_at, deliveries, resumes, store, status, "
      "reason,"
      " workflow, type, aggregatetype, aggregateid, payload, headers) select i, gen_random_uuid(), now(),"
      " now() - i * interval '1 s', 1, 0, gen_random_uuid(), 'failed', 'boom', 'w', 't', 'a', '1', '{}', '{}'"
      " from generate_series(1, 700) i");
  storage::PostgresConnection connection_of_role(conninfo);
  const storage::Fleet fleet = storage::read_fleet(connection_of_role);
  REQUIRE(fleet.failures.size() == 2);
  CHECK(fleet.failures[0].reason == "boom");
  CHECK(fleet.failures[0].last_day == 500);
  CHECK(fleet.failures[1].reason.empty());
  CHECK(fleet.failures[1].last_day == 200);
}

TEST_CASE_METHOD(FleetFixture, "runs of all workers are listed with each filter, the newest first") {
  Worker worker(*this);
  runs_test_events(worker);
  const std::vector<std::string> ids = emit_many(3);
  const auto events = worker.claim(2);
  REQUIRE(events.size() == 2);
  worker.finish(events[0]);
  worker.finish(events[1], engine::RunStatus::kFailed, "boom");
  storage::PostgresConnection reading(conninfo);
  const auto listed = [&](const storage::FleetRunFilter& filter) {
    std::vector<std::string> runs;
    for (const storage::FleetRun& run : storage::list_fleet_runs(reading, filter)) runs.push_back(run.run_id);
    return runs;
  };
  using Ids = std::vector<std::string>;
  CHECK(listed({}) == Ids{ids[2], ids[1], ids[0]});
  CHECK(listed({.limit = 1}) == Ids{ids[2]});
  CHECK(listed({.statuses = {"failed"}}) == Ids{ids[1]});
  CHECK(listed({.statuses = {"failed"}, .since_seconds = 3600}) == Ids{ids[1]});
  CHECK(listed({.statuses = {"leased", "pending"}}) == Ids{ids[2]});
  CHECK(listed({.since_seconds = 3600}) == Ids{ids[2], ids[1], ids[0]});
  CHECK(listed({.event_id = ids[0]}) == Ids{ids[0]});
  CHECK(listed({.aggregate_id = "1"}).size() == 3);
  CHECK(listed({.aggregate_id = "2"}).empty());
  exec("update pawl.outbox_archive set finished_at = now() - interval '2 hours'");
  CHECK(listed({.since_seconds = 3600}) == Ids{ids[2]});
}

TEST_CASE_METHOD(FleetFixture, "of very many runs only so many are counted, whichever of them are unfinished") {
  exec(
      "insert into pawl.outbox (id, workflow, type, aggregatetype, aggregateid, payload) select gen_random_uuid(),"
      " 'handle-test-event', 'test/event', 'thing', '1', '{}' from generate_series(1, 6000)");
  exec(
      "insert into pawl.outbox_archive (position, id, created_at, deliveries, resumes, store, status, workflow, type,"
      " aggregatetype, aggregateid, payload, headers) select i, gen_random_uuid(), now(), 1, 0, gen_random_uuid(),"
      " 'done', 'w', 't', 'a', '1', '{}', '{}' from generate_series(1, 6000) i");
  storage::PostgresConnection reading(conninfo);
  CHECK(storage::count_fleet_runs(reading, {.since_seconds = 3600, .limit = 1}) == storage::kCountedMax + 1);
  CHECK(storage::count_fleet_runs(reading, {.since_seconds = 3600, .limit = 5000}) == 12'000);
}
