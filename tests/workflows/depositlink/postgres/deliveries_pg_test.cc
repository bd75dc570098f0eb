// What the application and the mail ledger tell of whom a run notified.
#include <catch2/catch.hpp>
#include <set>

#include "storage/outbox/operators/run_history.h"
#include "tests/storage/postgres_fixture.h"
#include "workflows/depositlink/postgres/audience.h"
#include "workflows/depositlink/postgres/postgres_inbox.h"
#include "workflows/mail/ledger/postgres_mail_ledger.h"

using namespace pawl;
using namespace pawl::tests;

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
