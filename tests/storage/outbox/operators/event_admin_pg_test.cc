// What the command line does to events.
#include <catch2/catch.hpp>
#include <set>

#include "engine/authoring/errors.h"
#include "storage/outbox/operators/event_admin.h"
#include "storage/outbox/operators/run_history.h"
#include "tests/storage/postgres_fixture.h"
#include "workflows/depositlink/postgres/audience.h"
#include "workflows/depositlink/postgres/postgres_inbox.h"
#include "workflows/mail/ledger/postgres_mail_ledger.h"

using namespace pawl;
using namespace pawl::tests;

TEST_CASE_METHOD(PostgresFixture, "an emitted event is in the outbox under the id returned") {
  const std::string id = storage::emit_event(conninfo, {"test/event", "thing", "it's", R"({"a": [1, "\\"]})", ""});
  CHECK(exec("select id, type, aggregatetype, aggregateid, payload from pawl.outbox") ==
        Table{{id, "test/event", "thing", "it's", R"({"a": [1, "\\"]})"}});
  const std::string own = Worker::new_store();
  CHECK(storage::emit_event(conninfo, {"test/event", "thing", "1", "{}", own}) == own);
}

TEST_CASE_METHOD(PostgresFixture,
                 "an event is emitted under an id of one's own, whatever isolation is the database's") {
  exec("alter database " + name + " set default_transaction_isolation = 'serializable'");
  const std::string own = Worker::new_store();
  for (int repeat = 0; repeat < 2; ++repeat)
    CHECK(storage::emit_event(conninfo, {"test/event", "thing", "1", "{}", own}) == own);
  CHECK(storage::emit_event(conninfo, {"test/event", "thing", "1", "{}", ""}) != own);
  CHECK(value("select count(*) from pawl.outbox") == "2");
}

TEST_CASE_METHOD(PostgresFixture, "text that is no JSON is refused before it reaches Postgres") {
  for (const std::string payload : {"", "{", "{'a': 1}", R"({"a": "\u0000"})"}) {
    CAPTURE(payload);
    CHECK_THROWS_AS(storage::emit_event(conninfo, {"test/event", "thing", "1", payload, ""}), engine::PermanentError);
  }
  CHECK_THROWS_AS(storage::emit_event(conninfo, {"test/event", "thing", "1", "{}", "no-uuid"}), engine::PermanentError);
  CHECK_THROWS_AS(storage::emit_event(conninfo, {"", "thing", "1", "{}", ""}), engine::PermanentError);
  CHECK(value("select count(*) from pawl.outbox") == "0");
}

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

TEST_CASE_METHOD(PostgresFixture, "the deliveries of an event are its notifications and its mails") {
  const Organisation acme(*this);
  Worker worker(*this);
  worker.open();
  const std::string event = Worker::new_store();
  depositlink::PostgresInbox inbox(conninfo, worker.epoch);
  const depositlink::Notification one{event, acme.id, "k", "urgent", "A title", "b", "l", "{}", {acme.owner}};
  inbox.post({&one, 1});
  mail::PostgresMailLedger ledger(conninfo, worker.epoch, mail::InDoubtPolicy::kResend,
                                  depositlink::owners_and_admins());
  const mail::LedgerRequest request{event, acme.id, acme.admin, "m"};
  ledger.claim({&request, 1});
  const storage::RunHistory history = storage::history_of(conninfo, event);
  const auto& lines = history.deliveries;
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].channel == "in-app");
  CHECK(lines[0].user_id == acme.owner);
  CHECK(lines[0].state == "created");
  CHECK(lines[0].detail == "A title");
  CHECK(lines[1].channel == "email");
  CHECK(lines[1].state == "sending");
  CHECK(lines[1].at.back() == 'Z');
  CHECK(history.people.at(acme.owner).name == value("select full_name from users where id = $1::uuid", {acme.owner}));
  const std::string made = emit();  // as by a requeue: it tells under the keys of the other
  exec("update pawl.outbox set effects_of = $1::uuid", {event});
  CHECK(storage::history_of(conninfo, made).deliveries.size() == 2);
  const auto told = storage::runs_that_notified(conninfo, {acme.owner, "", 0});
  CHECK(std::set<std::string>(told.begin(), told.end()) == std::set{event, made});
  CHECK(storage::history_of(conninfo, Worker::new_store()).deliveries.empty());
  CHECK(storage::history_of(conninfo, "nonsense").deliveries.empty());
}
