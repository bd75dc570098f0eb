// Mails in doubt as an operator sees and resolves them.
#include <catch2/catch.hpp>

#include "tests/storage/postgres_fixture.h"
#include "workflows/depositlink/postgres/audience.h"
#include "workflows/mail/ledger/in_doubt_mails.h"
#include "workflows/mail/ledger/postgres_mail_ledger.h"

using namespace pawl;
using namespace pawl::mail;
using namespace pawl::tests;

namespace {

struct InDoubtFixture : PostgresFixture {
  Organisation acme{*this};
  Worker worker{*this};
  mail::PostgresMailLedger ledger{conninfo, worker.epoch, mail::InDoubtPolicy::kHold, depositlink::owners_and_admins()};
  engine::Event event;

  InDoubtFixture() {
    worker.open();
    emit();
    event = worker.claim().at(0);
  }

  void claim(const std::string& user) {
    const LedgerRequest request{event.id, acme.id, user, "<" + user + "@example>"};
    ledger.claim({&request, 1});
  }
  void settle(const std::string& user, LedgerState state) {
    const LedgerVerdict verdict{event.id, user, state, "reply"};
    ledger.settle({&verdict, 1});
  }
  void in_doubt(const std::string& user) {
    claim(user);
    settle(user, LedgerState::kInDoubt);
  }
  void fail_run() { worker.finish(event, engine::RunStatus::kFailed, "in doubt"); }
  mail::InDoubtOutcome resolve(bool sent, const std::string& user = "") {
    return mail::resolve_in_doubt(conninfo, {event.id, user, sent, "olive@host", "relay log"});
  }
  std::string state_of(const std::string& user) {
    return value("select state from pawl.v1_emails where user_id = $1::uuid", {user});
  }
};

}  // namespace

TEST_CASE_METHOD(InDoubtFixture, "P5: what is in doubt is listed, what is being sent or settled is not") {
  in_doubt(acme.owner);
  claim(acme.admin);
  auto mails = mail::mails_in_doubt(conninfo);
  REQUIRE(mails.size() == 1);
  CHECK(mails[0].run_id == event.id);
  CHECK(mails[0].user_id == acme.owner);
  CHECK(mails[0].email == "owner@acme.example");
  CHECK(mails[0].count == 1);
  CHECK(mails[0].reply == "reply");
  CHECK(mails[0].message_id == "<" + acme.owner + "@example>");
  CHECK(mails[0].run == "its run goes on");
  fail_run();
  CHECK(mail::mails_in_doubt(conninfo)[0].run == "held: its run has failed");
  worker.expire();
  mails = mail::mails_in_doubt(conninfo);
  REQUIRE(mails.size() == 2);
  CHECK(mails[1].user_id == acme.admin);
  CHECK(mails[1].count == 1);
}

TEST_CASE_METHOD(InDoubtFixture, "P5: what a run left unsettled that is done over a failed step is listed") {
  claim(acme.owner);
  const engine::FinishedEvent done{event.position, event.id, engine::RunStatus::kDone, "", engine::Resumable::kNowhere};
  REQUIRE(worker.outbox.finish({&done, 1}) == 1);
  CHECK(mail::mails_in_doubt(conninfo).empty());  // its worker may still settle it
  worker.expire();
  const auto mails = mail::mails_in_doubt(conninfo);
  REQUIRE(mails.size() == 1);
  CHECK(mails[0].user_id == acme.owner);
  CHECK(mails[0].count == 1);
  CHECK(resolve(true).resolved == 1);
  CHECK(state_of(acme.owner) == "accepted");
}

TEST_CASE_METHOD(
    InDoubtFixture,
    "P5: a mail is in doubt since it may have been sent, and for the address of then, whatever came later") {
  claim(acme.owner);
  exec("update pawl.email_deliveries set claimed_at = '2026-03-04 05:06:07Z'");
  exec("update users set email = 'new@acme.example' where id = $1::uuid", {acme.owner});
  const LedgerRequest again{event.id, acme.id, acme.owner, "<id@example>", true};
  for (int times = 0; times < 2; ++times) CHECK(ledger.claim({&again, 1}).at(0).clearance == Clearance::kHeld);
  const auto mails = mail::mails_in_doubt(conninfo);
  REQUIRE(mails.size() == 1);
  CHECK(mails[0].since == "2026-03-04T05:06:07Z");
  CHECK(mails[0].email == "owner@acme.example");
}

TEST_CASE_METHOD(InDoubtFixture, "P5: a mail said to have been sent is accepted by whom and why, and its run resumed") {
  in_doubt(acme.owner);
  in_doubt(acme.admin);
  fail_run();
  const auto outcome = resolve(true);
  CHECK(outcome.resolved == 2);
  CHECK(outcome.outcome == "resolved");
  CHECK(outcome.run == "resumed");
  CHECK(value("select count(*) from pawl.v1_emails where state = 'accepted' and in_doubt_count = 1"
              " and reply = 'said to have been sent, by olive@host: relay log'") == "2");
  CHECK(value("select status from pawl.v1_events") == "pending");
  CHECK(exec("select verb, outcome from pawl.commands order by id") ==
        Table{{"resolve-in-doubt", "sent"}, {"resolve-in-doubt", "sent"}, {"resume", "resumed"}});
  CHECK(value("select count(*) from pawl.commands where requested_by = 'olive@host' and note like '%relay log'") ==
        "3");
  CHECK(mail::mails_in_doubt(conninfo).empty());
}

TEST_CASE_METHOD(InDoubtFixture,
                 "P5: the run that is resumed is the one that failed, made from the one that the mail is kept under") {
  fail_run();
  const std::string made = value("select pawl.requeue($1::uuid, '{}', 'olive', 'a typo')", {event.id});
  in_doubt(acme.owner);  // under the first one's key
  CHECK(mail::mails_in_doubt(conninfo).at(0).run == "its run goes on");
  const engine::Event second = worker.claim().at(0);
  REQUIRE(second.id == made);
  worker.finish(second, engine::RunStatus::kFailed, "in doubt");
  CHECK(mail::mails_in_doubt(conninfo).at(0).run == "held: its run has failed");
  const auto outcome = resolve(true);
  CHECK(outcome.resolved == 1);
  CHECK(outcome.run == "resumed");
  CHECK(exec("select id from pawl.outbox") == Table{{made}});
}

TEST_CASE_METHOD(InDoubtFixture,
                 "P5: a resolution that is sent again after a lost reply answers as it did and changes nothing") {
  in_doubt(acme.owner);
  fail_run();
  const std::string sql =
      "select (pawl.resolve_in_doubt(event_id, null, true, 'olive', null, $1::uuid))::text"
      " from (select event_id from pawl.email_deliveries limit 1) d";
  const std::string request = Worker::new_store();
  CHECK(value(sql, {request}) == "(1,resolved,resumed)");
  CHECK(value(sql, {request}) == "(1,resolved,resumed)");
  CHECK(value("select count(*) from pawl.commands") == "2");
  CHECK(value(sql, {Worker::new_store()}).find("not in doubt") != std::string::npos);
}

TEST_CASE_METHOD(InDoubtFixture, "P5: a mail said not to have been sent is cleared again, and no other of its event") {
  in_doubt(acme.owner);
  in_doubt(acme.admin);
  fail_run();
  CHECK(resolve(false, acme.owner).resolved == 1);
  CHECK(state_of(acme.owner) == "deferred");
  CHECK(state_of(acme.admin) == "in_doubt");
  CHECK(value("select user_id from pawl.commands where verb = 'resolve-in-doubt'") == acme.owner);
  claim(acme.owner);
  CHECK(state_of(acme.owner) == "sending");
  CHECK(value("select in_doubt_count from pawl.v1_emails where user_id = $1::uuid", {acme.owner}) == "1");
}

TEST_CASE_METHOD(InDoubtFixture, "whoever resolves a user's mails resolves those of every step, and is told of each") {
  for (const std::string step : {"remind", "thank"}) {
    const LedgerRequest request{event.id, acme.id, acme.owner, "<" + step + "@example>", false, "pay", step};
    ledger.claim({&request, 1});
    const LedgerVerdict verdict{event.id, acme.owner, LedgerState::kInDoubt, "reply", step};
    ledger.settle({&verdict, 1});
  }
  fail_run();
  CHECK(value("select string_agg(workflow || ' ' || step, ', ' order by step) from pawl.v1_in_doubt") ==
        "pay remind, pay thank");
  CHECK(resolve(true, acme.owner).resolved == 2);
  CHECK(value("select count(*) from pawl.v1_emails where state = 'accepted'") == "2");
}

TEST_CASE_METHOD(InDoubtFixture,
                 "a mail that a dead worker was sending is resolved and counted, one of a living worker not") {
  claim(acme.owner);
  CHECK(resolve(true).resolved == 0);
  CHECK(resolve(true).outcome == "not in doubt: its mails are sending");
  worker.expire();
  const auto outcome = resolve(true);
  CHECK(outcome.resolved == 1);
  CHECK(outcome.run == "goes on by itself");
  CHECK(value("select state || in_doubt_count from pawl.v1_emails") == "accepted1");
}

TEST_CASE_METHOD(InDoubtFixture,
                 "what is not in doubt, or not there, is refused with the reason, in the audit trail too") {
  claim(acme.owner);
  settle(acme.owner, LedgerState::kAccepted);
  CHECK(resolve(false).outcome == "not in doubt: its mails are accepted");
  CHECK(state_of(acme.owner) == "accepted");
  CHECK(resolve(false, acme.member).outcome == "not found: no mail of it");
  CHECK(value("select count(*) from pawl.commands where verb = 'resolve-in-doubt' and outcome like 'not %'") == "2");
}

TEST_CASE_METHOD(InDoubtFixture,
                 "P5: a mail in doubt stays, and is listed, until it is resolved, though its run is gone") {
  in_doubt(acme.owner);
  claim(acme.admin);
  fail_run();
  exec("select pawl.dismiss($1::uuid, 'nobody cares')", {event.id});
  worker.expire();
  const auto grow_old = [&] {
    exec(
        "update pawl.email_deliveries set claimed_at = claimed_at - interval '99 days',"
        " settled_at = settled_at - interval '99 days'");
  };
  const auto prune = [&] { return value("select removed from pawl.prune('90 days', 1000) where name = 'mails'"); };
  grow_old();
  exec("delete from pawl.outbox_archive");
  CHECK(value("select pawl.count_old_mails('90 days')") == "0");
  for (int times = 0; times < 2; ++times) CHECK(prune() == "0");
  const auto mails = mail::mails_in_doubt(conninfo);
  REQUIRE(mails.size() == 2);
  for (const auto& mail : mails) CHECK(mail.run == "its run has ended");
  CHECK(resolve(true).resolved == 2);
  CHECK(prune() == "0");
  grow_old();
  CHECK(value("select pawl.count_old_mails('90 days')") == "2");
  CHECK(prune() == "2");
}
