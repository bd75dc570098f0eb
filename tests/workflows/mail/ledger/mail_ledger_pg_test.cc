// The mail ledger's state machine, every edge of it.
#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "engine/authoring/errors.h"
#include "storage/postgres/errors.h"
#include "tests/workflows/mail/ledger/fixture.h"

using namespace pawl;
using namespace pawl::mail;
using namespace pawl::tests;

using MailLedgerFixture = MailLedgerFixture;
using mail::InDoubtPolicy;

TEST_CASE_METHOD(MailLedgerFixture, "a mail is cleared with the address as it is now, and the ledger says sending") {
  exec("update users set email = 'new@example.org', full_name = 'New Name' where id = $1::uuid", {acme.owner});
  const auto entry = claim();
  CHECK(entry.clearance == Clearance::kCleared);
  CHECK(entry.email == "new@example.org");
  CHECK(entry.full_name == "New Name");
  CHECK(row() == "sending 1 0 -");
  CHECK(value("select message_id from pawl.v1_emails") == "<" + event + "." + acme.owner + "@example>");
}

TEST_CASE_METHOD(MailLedgerFixture, "a recipient's time zone comes along where the application's view has one") {
  CHECK(claim().time_zone.empty());
  exec(
      "create or replace view pawl.recipients as select m.org_id, o.name as org_name, u.id as user_id, u.email,"
      " u.full_name, m.role, case m.role when 'owner' then 'Australia/Sydney' end as time_zone"
      " from org_members m join organisations o on o.id = m.org_id join users u on u.id = m.user_id");
  CHECK(claim().time_zone == "Australia/Sydney");
  CHECK(claim(ledger, acme.admin).time_zone.empty());
}

TEST_CASE_METHOD(MailLedgerFixture, "an accepted mail is never cleared again") {
  claim();
  settle(LedgerState::kAccepted, "250 ok \xE9");
  CHECK(row() == "accepted 1 0 250 ok \xEF\xBF\xBD");
  CHECK(claim().clearance == Clearance::kAccepted);
  CHECK(claim(holding, acme.owner).clearance == Clearance::kAccepted);
  CHECK(row() == "accepted 1 0 250 ok \xEF\xBF\xBD");
}

TEST_CASE_METHOD(MailLedgerFixture, "a deferred or rejected mail is cleared again and counts its attempts") {
  claim();
  settle(LedgerState::kDeferred, "451 later");
  CHECK(row() == "deferred 1 0 451 later");
  CHECK(claim(holding, acme.owner).clearance == Clearance::kCleared);
  CHECK(row() == "sending 2 0 451 later");
  settle(holding, LedgerState::kRejected, "550 no such user");
  CHECK(row() == "rejected 2 0 550 no such user");
  CHECK(claim().clearance == Clearance::kCleared);
  CHECK(row() == "sending 3 0 550 no such user");
}

TEST_CASE_METHOD(MailLedgerFixture, "an interrupted mail is counted as in doubt and sent again") {
  claim();
  CHECK(claim().clearance == Clearance::kCleared);
  CHECK(row() == "sending 2 1 -");
  settle(LedgerState::kAccepted);
  CHECK(row() == "accepted 2 1 reply");
}

TEST_CASE_METHOD(MailLedgerFixture, "under the policy hold an interrupted mail waits for an operator") {
  claim(holding, acme.owner);
  const auto held = claim(holding, acme.owner);
  CHECK(held.clearance == Clearance::kHeld);
  CHECK_FALSE(held.reason.empty());
  CHECK(row() == "in_doubt 1 1 interrupted before the reply was recorded");
  CHECK(claim(holding, acme.owner).clearance == Clearance::kHeld);
  CHECK(row() == "in_doubt 1 1 interrupted before the reply was recorded");
  CHECK(claim().clearance == Clearance::kCleared);
  CHECK(row() == "sending 2 1 interrupted before the reply was recorded");
}

TEST_CASE_METHOD(MailLedgerFixture, "a mail settled in doubt is counted once, then sent again or held") {
  claim();
  settle(LedgerState::kInDoubt, "connection lost after the final dot");
  settle(LedgerState::kInDoubt, "connection lost after the final dot");
  CHECK(row() == "in_doubt 1 1 connection lost after the final dot");
  CHECK(claim(holding, acme.owner).clearance == Clearance::kHeld);
  CHECK(row() == "in_doubt 1 1 connection lost after the final dot");
  CHECK(claim().clearance == Clearance::kCleared);
  CHECK(row() == "sending 2 1 connection lost after the final dot");
}

TEST_CASE_METHOD(MailLedgerFixture,
                 "the gone, the demoted and those without an address are suppressed with the reason") {
  const auto reason_for = [&](const std::string& user) {
    const auto entry = claim(ledger, user);
    CHECK(entry.clearance == Clearance::kSuppressed);
    CHECK(value("select reply from pawl.v1_emails where user_id = $1::uuid", {user}) == entry.reason);
    return entry.reason;
  };
  exec("delete from org_members where user_id = $1::uuid", {acme.owner});
  exec("update users set email = null where id = $1::uuid", {acme.admin});
  const Organisation other(*this, "other");
  CHECK(reason_for(acme.owner) == "no longer a member of the organisation");
  CHECK(reason_for(acme.member) == "no longer an owner or admin");
  CHECK(reason_for(acme.admin) == "has no email address");
  CHECK(reason_for(other.owner) == "no longer a member of the organisation");
}

TEST_CASE_METHOD(MailLedgerFixture, "someone with two roles gets one mail, and the role that is told decides") {
  exec(
      "create or replace view pawl.recipients as select m.org_id, o.name as org_name, u.id as user_id, u.email,"
      " u.full_name, r.role from org_members m join organisations o on o.id = m.org_id join users u on u.id = m.user_id"
      " cross join lateral (values ('member'), (m.role), ('admin')) r (role) where m.role <> 'member'");
  const std::vector<LedgerRequest> requests{{event, acme.id, acme.owner, "m1"}, {event, acme.id, acme.member, "m2"}};
  const auto entries = ledger.claim(requests);
  REQUIRE(entries.size() == 2);
  CHECK(entries[0].email == "owner@acme.example");
  CHECK(entries[1].reason == "no longer a member of the organisation");
  CHECK(row() == "sending 1 0 -");
}

TEST_CASE_METHOD(MailLedgerFixture, "someone demoted between two attempts is not sent the second") {
  claim();
  settle(LedgerState::kDeferred);
  exec("update org_members set role = 'member' where user_id = $1::uuid", {acme.owner});
  CHECK(claim().clearance == Clearance::kSuppressed);
  CHECK(row() == "suppressed 1 0 no longer an owner or admin");
  exec("update org_members set role = 'owner' where user_id = $1::uuid", {acme.owner});
  CHECK(claim().clearance == Clearance::kCleared);
  CHECK(row() == "sending 2 0 no longer an owner or admin");
}

TEST_CASE_METHOD(MailLedgerFixture, "an interrupted mail to someone since demoted stays countable as in doubt") {
  claim();
  exec("update org_members set role = 'member' where user_id = $1::uuid", {acme.owner});
  CHECK(claim().clearance == Clearance::kSuppressed);
  CHECK(row() == "suppressed 1 1 no longer an owner or admin");
}

TEST_CASE_METHOD(MailLedgerFixture, "an unusable address is settled as suppressed") {
  claim();
  settle(LedgerState::kSuppressed, "address has no domain");
  CHECK(row() == "suppressed 1 0 address has no domain");
}

TEST_CASE_METHOD(MailLedgerFixture, "a verdict for what is not being sent changes nothing") {
  settle(LedgerState::kAccepted);
  CHECK(value("select count(*) from pawl.v1_emails") == "0");
  claim();
  settle(LedgerState::kDeferred, "first");
  settle(LedgerState::kAccepted, "second");
  CHECK(row() == "deferred 1 0 first");
}

TEST_CASE_METHOD(MailLedgerFixture, "a settlement that arrives after the next claim of the mail changes nothing") {
  claim(holding, acme.owner);
  claim();
  settle(holding, LedgerState::kDeferred, "late");
  CHECK(row() == "sending 2 1 -");
  settle(LedgerState::kAccepted);
  CHECK(row() == "accepted 2 1 reply");
}

TEST_CASE_METHOD(MailLedgerFixture,
                 "a settlement that meets the next claim of the mail under way waits and changes nothing") {
  claim();
  std::thread late;
  storage::PostgresConnection(conninfo).transact("claim again", [&](storage::Transaction& next) {
    next.run("update pawl.email_deliveries set claim = claim # 1, attempts = 2, in_doubt_count = 1");
    if (!late.joinable()) late = std::thread([&] { settle(LedgerState::kDeferred, "late"); });
    CHECK(eventually([&] {
      return value(
                 "select count(*) from pg_stat_activity where datname = current_database()"
                 " and wait_event_type = 'Lock'") == "1";
    }));
  });
  late.join();
  CHECK(row() == "sending 2 1 -");
}

TEST_CASE_METHOD(MailLedgerFixture, "a zombie can neither claim nor settle a mail that another worker has taken over") {
  claim();
  Worker other(*this);
  other.open();
  worker.expire();
  REQUIRE(eventually([&] {
    other.claim();
    return value("select count(*) from pawl.workers") == "1";
  }));
  mail::PostgresMailLedger taken_over(conninfo, other.epoch, mail::InDoubtPolicy::kResend,
                                      depositlink::owners_and_admins());
  CHECK(claim(taken_over, acme.owner).clearance == Clearance::kCleared);
  CHECK_THROWS_AS(settle(LedgerState::kRejected), engine::LeaseLostError);
  CHECK_THROWS_AS(claim(), engine::LeaseLostError);
  CHECK(value("select state from pawl.v1_emails") == "sending");
  CHECK(value("select in_doubt_count from pawl.v1_emails") == "1");
  CHECK(value("select epoch from pawl.v1_emails") == std::to_string(other.epoch.load()));
}

TEST_CASE_METHOD(MailLedgerFixture, "a restarted worker's old epoch cannot settle what the new one claimed") {
  claim();
  const storage::Epoch old{worker.epoch.load()};
  worker.open();
  claim();
  mail::PostgresMailLedger stale(conninfo, old, mail::InDoubtPolicy::kResend, depositlink::owners_and_admins());
  const LedgerVerdict verdict{event, acme.owner, LedgerState::kAccepted, "250"};
  CHECK_THROWS_AS(stale.settle({&verdict, 1}), engine::LeaseLostError);
  CHECK(row() == "sending 2 1 -");
}

TEST_CASE_METHOD(MailLedgerFixture, "a batch is answered in the order of its requests") {
  claim();
  settle(LedgerState::kAccepted);
  const std::vector<LedgerRequest> requests{
      {event, acme.id, acme.member, "m1"}, {event, acme.id, acme.admin, "m2"}, {event, acme.id, acme.owner, "m3"}};
  const auto entries = ledger.claim(requests);
  REQUIRE(entries.size() == 3);
  CHECK(entries[0].clearance == Clearance::kSuppressed);
  CHECK(entries[1].clearance == Clearance::kCleared);
  CHECK(entries[1].email == "admin@acme.example");
  CHECK(entries[2].clearance == Clearance::kAccepted);
}

TEST_CASE_METHOD(MailLedgerFixture, "each mail of a batch has its own answer, also where several go to one person") {
  claim();
  settle(LedgerState::kAccepted);
  const std::string later = Worker::new_store();
  const std::vector<LedgerRequest> requests{{later, acme.id, acme.member, "m1"},
                                            {event, acme.id, acme.owner, "m2"},
                                            {later, acme.id, acme.owner, "m3"},
                                            {event, acme.id, acme.admin, "m4"},
                                            {later, acme.id, acme.admin, "m5"}};
  const auto entries = holding.claim(requests);
  REQUIRE(entries.size() == 5);
  CHECK(entries[0].reason == "no longer an owner or admin");
  CHECK(entries[1].clearance == Clearance::kAccepted);
  CHECK(entries[2].email == "owner@acme.example");
  CHECK(entries[3].email == "admin@acme.example");
  CHECK(entries[4].email == "admin@acme.example");
  const auto again = holding.claim(requests);
  CHECK(again.at(0).clearance == Clearance::kSuppressed);
  CHECK(again.at(1).clearance == Clearance::kAccepted);
  for (std::size_t index : {2, 3, 4}) CHECK(again.at(index).clearance == Clearance::kHeld);
}

TEST_CASE_METHOD(MailLedgerFixture, "each mail of a batch gets its own verdict, also where many are alike") {
  constexpr int kMails = 100;  // far more than a plan for a few is kept for
  std::vector<LedgerRequest> requests;
  std::vector<LedgerVerdict> verdicts;
  for (int mail = 0; mail < kMails; ++mail) {
    const std::string user = mail % 2 == 0 ? acme.owner : acme.admin;
    if (mail % 2 == 0) event = Worker::new_store();
    requests.push_back({event, acme.id, user, "m", again});
    if (mail % 5 == 0) continue;  // has no verdict yet
    const bool refused = mail % 3 == 0;
    verdicts.push_back({event, user, refused ? LedgerState::kRejected : LedgerState::kAccepted,
                        refused ? "550 no " + user + event : "250 ok"});
  }
  for (const auto& entry : ledger.claim(requests)) CHECK(entry.clearance == Clearance::kCleared);
  std::reverse(verdicts.begin() + 10, verdicts.end());
  ledger.settle(verdicts);
  for (const auto& verdict : verdicts)
    CHECK(value("select state || ' ' || reply from pawl.v1_emails where run_id = $1::uuid and user_id = $2::uuid",
                {verdict.effects_id, verdict.recipient}) ==
          (verdict.state == LedgerState::kAccepted ? "accepted " : "rejected ") + verdict.reply);
  CHECK(value("select count(*) from pawl.v1_emails where state = 'sending'") == std::to_string(kMails / 5));
}

TEST_CASE_METHOD(MailLedgerFixture,
                 "many threads claim and settle at once, each its own mail, and one bad request harms no other") {
  std::vector<std::string> users;
  for (int i = 0; i < 16; ++i)
    users.push_back(
        value("with u as (insert into users (email) values ('u' || $2 || '@example.org') returning id)"
              " insert into org_members select $1::uuid, id, 'admin' from u returning user_id",
              {acme.id, std::to_string(i)}));
  users[7] = "no uuid";
  std::atomic<int> cleared = 0, refused = 0;
  const auto send = [&](const std::string& user) {
    try {
      cleared += claim(ledger, user).clearance == Clearance::kCleared;
      const LedgerVerdict verdict{event, user, LedgerState::kAccepted, "250 to " + user};
      ledger.settle({&verdict, 1});
    } catch (const storage::ValueError&) {
      ++refused;
    }
  };
  std::vector<std::thread> threads;
  for (const std::string& user : users) threads.emplace_back(send, user);
  for (std::thread& thread : threads) thread.join();
  CHECK(cleared == 15);
  CHECK(refused == 1);
  CHECK(value("select count(*) from pawl.v1_emails where state = 'accepted' and attempts = 1 and in_doubt_count = 0"
              " and reply = '250 to ' || user_id") == "15");
}
