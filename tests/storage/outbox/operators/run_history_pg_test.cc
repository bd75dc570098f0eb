// What Postgres has of a run's story: pauses of its steps, and what those who notify people know.
#include <catch2/catch.hpp>

#include "storage/outbox/operators/run_history.h"
#include "tests/storage/postgres_fixture.h"

using namespace pawl;
using namespace pawl::tests;

TEST_CASE_METHOD(PostgresFixture,
                 "a run's history has the pauses of its workflow's steps in its store, while it was unfinished") {
  const std::string store = Worker::new_store(), other = Worker::new_store(), run = Worker::new_store();
  exec(
      "insert into pawl.outbox_archive (position, id, created_at, finished_at, deliveries, resumes, store, status, "
      "workflow,"
      " type, aggregatetype, aggregateid, payload, headers) values (1, $1::uuid, now() - interval '2 hours',"
      " now() - interval '1 hour', 1, 0, $2::uuid, 'done', 'w', 't', 'a', '1', '{}', '{}')",
      {run, store});
  const auto pause = [&](const std::string& where, const std::string& workflow, int from, int to, const char* reason) {
    exec(
        "insert into pawl.pauses (epoch, store, step, workflows, reason, since, ended_at) values (1, $1::uuid,"
        " 'send-email', array[$2], $3, now() - $4::int * interval '1 min', now() - $5::int * interval '1 min')",
        {where, workflow, reason, std::to_string(from), std::to_string(to)});
  };
  pause(store, "w", 130, 110, "the relay is down");
  pause(store, "w", 180, 130, "too early");
  pause(store, "w", 50, 40, "too late");
  pause(other, "w", 100, 90, "another worker's");
  pause(store, "x", 100, 90, "another workflow's");
  const storage::RunHistory history = storage::history_of(conninfo, run);
  REQUIRE(history.entries.size() == 1);
  CHECK(history.entries[0].what == "paused");
  CHECK(history.entries[0].step == "send-email");
  CHECK(history.entries[0].status == "over");
  CHECK_THAT(history.entries[0].detail, Catch::StartsWith("the relay is down; until 20"));
}

namespace {

struct Pigeons : PostgresFixture {
  Pigeons() {
    exec("create table pawl.pigeons (event_id uuid, user_id uuid, loft text, flown_at timestamptz)");
    exec(
        "create function pawl.pigeons_of(event uuid)"
        " returns table (channel text, user_id text, address text, state text, detail text, at timestamptz)"
        " language sql stable set search_path = pg_catalog, pawl, pg_temp as $$"
        " select 'pigeon', p.user_id::text, p.loft, 'flown', 'coo', p.flown_at from pawl.pigeons p"
        " where p.event_id = event $$");
    exec(
        "create function pawl.pigeons_to(user_id uuid, address text, since timestamptz) returns setof uuid"
        " language sql stable set search_path = pg_catalog, pawl, pg_temp as $$ select p.event_id from pawl.pigeons p"
        " where (p.user_id = pigeons_to.user_id or p.loft = address) and p.flown_at >= since $$");
    exec(
        "create function pawl.fanciers(users uuid[]) returns table (user_id text, name text, email text)"
        " language sql stable set search_path = pg_catalog, pawl, pg_temp as $$"
        " select u::text, 'Fancier', null from unnest(users) u $$");
    exec("insert into pawl.notifiers values ('pigeons', 'pawl.pigeons_of', 'pawl.pigeons_to', 'pawl.fanciers')");
    exec("insert into pawl.pigeons values ($1::uuid, $2::uuid, 'the loft', now() - interval '1 hour')", {event, user});
  }
  std::vector<std::string> notified(const storage::NotifiedQuestion& question) {
    return storage::runs_that_notified(conninfo, question);
  }

  const std::string event = Worker::new_store(), user = Worker::new_store();
};

}  // namespace

TEST_CASE_METHOD(Pigeons, "a run's deliveries and people are what any line of migrations knows of them") {
  const storage::RunHistory history = storage::history_of(conninfo, event);
  REQUIRE(history.deliveries.size() == 1);
  CHECK(history.deliveries[0].channel == "pigeon");
  CHECK(history.deliveries[0].address == "the loft");
  CHECK(history.people.at(user).name == "Fancier");
  CHECK(history.people.at(user).email.empty());
  const std::string made = emit();  // as by a requeue: it notifies under the keys of the other
  exec("update pawl.outbox set effects_of = $1::uuid", {event});
  CHECK(storage::history_of(conninfo, made).deliveries.size() == 1);
  CHECK(notified({user, "", 0}).size() == 2);
  CHECK(notified({"", "the loft", 7200}).size() == 2);
  CHECK(notified({user, "", 60}).empty());
  CHECK(notified({"", "another loft", 0}).empty());
}

TEST_CASE_METHOD(Pigeons, "a run's history has what was said of the mails that are kept under another run") {
  const std::string made = emit();
  exec("update pawl.outbox set effects_of = $1::uuid", {event});
  exec(
      "insert into pawl.commands (verb, event_id, user_id, requested_by, outcome) values"
      " ('resolve-in-doubt', $1::uuid, $2::uuid, 'ops', 'sent'), ('resume', $1::uuid, null, 'ops', 'resumed'),"
      " ('retry-now', $3::uuid, null, 'ops', 'retrying')",
      {event, user, made});
  const storage::RunHistory history = storage::history_of(conninfo, made);
  REQUIRE(history.entries.size() == 2);
  CHECK(history.entries[0].what == "resolve-in-doubt");
  CHECK(history.entries[0].user_id == user);
  CHECK(history.entries[1].what == "retry-now");
  CHECK(storage::history_of(conninfo, event).entries.size() == 2);
}

TEST_CASE_METHOD(Pigeons, "who may not ask a line of migrations for deliveries hears of the others") {
  const std::string as_reader = login("pawl_operator");
  exec("select pawl.close_functions()");
  CHECK(storage::history_of(as_reader, event).deliveries.empty());
  CHECK(storage::runs_that_notified(as_reader, {user, "", 0}).empty());
  exec("grant select on pawl.pigeons to test_pawl_operator");
  exec("grant execute on function pawl.pigeons_of, pawl.pigeons_to to test_pawl_operator");
  CHECK(storage::history_of(as_reader, event).deliveries.size() == 1);
  CHECK(storage::history_of(as_reader, event).people.empty());
  CHECK(storage::runs_that_notified(as_reader, {user, "", 0}).size() == 1);
}
