// What makes a mail one mail in the ledger: its address, its date and its Message-ID.
#include <catch2/catch.hpp>

#include "tests/workflows/mail/ledger/fixture.h"

using namespace pawl;
using namespace pawl::mail;
using namespace pawl::tests;
using IdentityFixture = MailLedgerFixture;

TEST_CASE_METHOD(IdentityFixture,
                 "a mail is dated by the claim that may have sent it first, and keeps its Message-ID with that") {
  const auto claimed_as = [&](const std::string& message_id) {
    const LedgerRequest request{event, acme.id, acme.owner, message_id, true};
    const LedgerEntry entry = ledger.claim({&request, 1}).at(0);
    CHECK(value("select (extract(epoch from dated_at) * 1000000)::bigint || ' ' || message_id from pawl.v1_emails") ==
          std::to_string(entry.date.time_since_epoch().count()) + " " + entry.message_id);
    return std::pair{entry.date, entry.message_id};
  };
  const auto unsent = claimed_as("<1@example>");
  settle(LedgerState::kDeferred);
  const auto first = claimed_as("<2@example>");
  CHECK(first.first > unsent.first);
  CHECK(first.second == "<2@example>");
  SECTION("interrupted") {}
  SECTION("settled in doubt") { settle(LedgerState::kInDoubt); }
  SECTION("said not to have been sent") {
    settle(LedgerState::kInDoubt);
    exec("select pawl.resolve_in_doubt($1::uuid, null, false, 'ops')", {event});
  }
  CHECK(claimed_as("<3@example>") == first);
  settle(LedgerState::kDeferred);
  CHECK(claimed_as("<4@example>") == first);
}

TEST_CASE_METHOD(IdentityFixture, "the ledger keeps the address that a mail goes to") {
  const auto address = [&] { return value("select coalesce(address, 'none') from pawl.v1_emails"); };
  exec("update users set email = ' Owner@acme.example ' where id = $1::uuid", {acme.owner});
  claim();
  CHECK(address() == "Owner@acme.example");
  settle(LedgerState::kDeferred);
  exec("update users set email = 'new@acme.example' where id = $1::uuid", {acme.owner});
  claim();
  CHECK(address() == "new@acme.example");
  exec("update users set email = null where id = $1::uuid", {acme.owner});
  claim();
  CHECK(address() == "new@acme.example");
}

TEST_CASE_METHOD(IdentityFixture, "what was sent to a mailbox is not sent to it again for another of its users") {
  const auto claim_for = [&](const std::string& user, const std::string& of_event) {
    const LedgerRequest request{of_event, acme.id, user, "<" + user + "@example>", true};
    return ledger.claim({&request, 1}).at(0);
  };
  exec("update users set email = 'Office@acme.example' where id = $1::uuid", {acme.owner});
  exec("update users set email = ' office@ACME.example' where id = $1::uuid", {acme.admin});
  const auto first = claim();
  const auto rows = [&] { return value("select string_agg(state, ' ' order by state) from pawl.v1_emails"); };

  SECTION("accepted") {
    settle(LedgerState::kAccepted);
    CHECK(claim_for(acme.admin, event).clearance == Clearance::kAccepted);
    CHECK(rows() == "accepted");
    CHECK(claim_for(acme.admin, Worker::new_store()).clearance == Clearance::kCleared);
    exec("update users set email = 'admin@acme.example' where id = $1::uuid", {acme.admin});
    CHECK(claim_for(acme.admin, event).clearance == Clearance::kCleared);
  }
  SECTION("accepted, beside a row of one's own that was not") {
    exec("update users set email = 'admin@acme.example' where id = $1::uuid", {acme.admin});
    claim_for(acme.admin, event);
    settle(LedgerState::kAccepted);
    const LedgerVerdict verdict{event, acme.admin, LedgerState::kDeferred, "451"};
    ledger.settle({&verdict, 1});
    exec("update users set email = 'office@acme.example' where id = $1::uuid", {acme.admin});
    CHECK(claim_for(acme.admin, event).clearance == Clearance::kAccepted);
  }
  SECTION("in doubt: it is that mail, with its ids, and settled as such") {
    settle(LedgerState::kInDoubt);
    const auto copy = claim_for(acme.admin, event);
    CHECK(copy.clearance == Clearance::kCleared);
    CHECK(copy.email == " office@ACME.example");
    CHECK(copy.message_id == first.message_id);
    CHECK(copy.date == first.date);
    const LedgerVerdict verdict{event, acme.admin, LedgerState::kAccepted, "250"};
    ledger.settle({&verdict, 1});
    CHECK(row() == "accepted 2 1 250");
    CHECK(rows() == "accepted");
  }
  SECTION("interrupted, and held: it is held for him too") {
    worker.open();
    const LedgerRequest request{event, acme.id, acme.admin, "<m@example>", true};
    CHECK(holding.claim({&request, 1}).at(0).clearance == Clearance::kHeld);
    CHECK(rows() == "in_doubt");
  }
  SECTION("surely unsent: it is a mail of his own") {
    settle(LedgerState::kRejected);
    const auto own = claim_for(acme.admin, event);
    CHECK(own.clearance == Clearance::kCleared);
    CHECK(own.message_id == "<" + acme.admin + "@example>");
    CHECK(rows() == "rejected sending");
  }
}

TEST_CASE_METHOD(IdentityFixture, "of a batch only those are told of that another user of their mailbox was sent") {
  exec("update users set email = 'office@acme.example' where id <> $1::uuid", {acme.member});
  exec("update org_members set role = 'admin' where user_id = $1::uuid", {acme.member});
  claim();
  settle(LedgerState::kAccepted);
  const std::vector<LedgerRequest> requests{{event, acme.id, acme.member, "m1", true},
                                            {event, acme.id, acme.admin, "m2", true},
                                            {Worker::new_store(), acme.id, acme.admin, "m3", true}};
  const auto entries = ledger.claim(requests);
  CHECK(entries.at(0).message_id == "m1");
  CHECK(entries.at(1).clearance == Clearance::kAccepted);
  CHECK(entries.at(2).message_id == "m3");
}

TEST_CASE_METHOD(IdentityFixture,
                 "two steps of one run that mail the same user send two mails, each with its own outcome") {
  std::vector<LedgerRequest> requests;
  for (const std::string step : {"remind", "thank"})
    requests.push_back({event, acme.id, acme.owner, "<" + step + "@example>", again, "pay", step});
  const auto first = ledger.claim(requests);
  CHECK(first.at(0).clearance == Clearance::kCleared);
  CHECK(first.at(1).clearance == Clearance::kCleared);
  CHECK(first.at(1).message_id == "<thank@example>");
  const std::vector<LedgerVerdict> verdicts{{event, acme.owner, LedgerState::kAccepted, "250 1", "remind"},
                                            {event, acme.owner, LedgerState::kDeferred, "451 2", "thank"}};
  ledger.settle(verdicts);
  CHECK(value("select string_agg(concat_ws(' ', workflow, step, state, reply), ', ' order by step)"
              " from pawl.v1_emails where user_id = $1::uuid",
              {acme.owner}) == "pay remind accepted 250 1, pay thank deferred 451 2");
  const auto second = ledger.claim(requests);
  CHECK(second.at(0).clearance == Clearance::kAccepted);
  CHECK(second.at(1).clearance == Clearance::kCleared);
}

TEST_CASE_METHOD(IdentityFixture, "another user of a mailbox has no claim to the mail of another step") {
  exec("update users set email = 'office@acme.example' where id <> $1::uuid", {acme.member});
  claim();
  settle(LedgerState::kAccepted);
  const LedgerRequest request{event, acme.id, acme.admin, "<m@example>", true, "pay", "thank"};
  CHECK(ledger.claim({&request, 1}).at(0).clearance == Clearance::kCleared);
  CHECK(value("select count(*) from pawl.v1_emails") == "2");
}
