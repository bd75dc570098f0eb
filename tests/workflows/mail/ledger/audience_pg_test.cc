// Who may get a mail is the workflow's to say: another view with other words, or addresses with no view at all.
#include <catch2/catch.hpp>

#include "engine/authoring/errors.h"
#include "tests/workflows/mail/ledger/fixture.h"

using namespace pawl;
using namespace pawl::mail;
using namespace pawl::tests;

namespace {

// Customers of shops, of which the application's own tables know nothing.
struct Customers : PostgresFixture {
  Worker worker{*this};
  const std::string shop = Worker::new_store(), other_shop = Worker::new_store();
  const std::string ann = Worker::new_store(), bob = Worker::new_store(), cid = Worker::new_store();
  const std::string event = Worker::new_store();
  const bool again = GENERATE(false, true);
  Audience audience{.view = "public.customers",
                    .eligible = "r.subscribed",
                    .ineligible = "the customer's wish",
                    .absent = "isn't a customer"};

  Customers() {
    worker.open();
    exec(
        "create table customers (org_id uuid, user_id uuid, email text, full_name text, time_zone text,"
        " subscribed boolean)");
    exec(
        "insert into customers values ($1::uuid, $2::uuid, 'ann@shop.example', 'Ann', 'Europe/Paris', true),"
        " ($1::uuid, $3::uuid, 'bob@shop.example', 'Bob', null, false)",
        {shop, ann, bob});
  }
  std::vector<LedgerEntry> claim(PostgresMailLedger& ledger, const std::vector<std::string>& recipients,
                                 const std::string& org) {
    std::vector<LedgerRequest> requests;
    for (const std::string& recipient : recipients) requests.push_back({event, org, recipient, "<m@example>", again});
    return ledger.claim(requests);
  }
};

}  // namespace

TEST_CASE_METHOD(Customers, "an audience says whom a view makes eligible, and in which words the others are not") {
  PostgresMailLedger ledger(conninfo, worker.epoch, InDoubtPolicy::kResend, audience);
  const auto entries = claim(ledger, {ann, bob, cid}, shop);
  CHECK(entries.at(0).clearance == Clearance::kCleared);
  CHECK(entries.at(0).email == "ann@shop.example");
  CHECK(entries.at(0).full_name == "Ann");
  CHECK(entries.at(0).time_zone == "Europe/Paris");
  CHECK(entries.at(1).reason == "the customer's wish");
  CHECK(entries.at(2).reason == "isn't a customer");
  CHECK(claim(ledger, {ann}, other_shop).at(0).reason == "isn't a customer");
  CHECK_NOTHROW(ledger.check_access());
}

TEST_CASE_METHOD(Customers, "where rows of an audience may be hidden, nobody is taken for ineligible") {
  exec(
      "create function hides() returns boolean language plpgsql as $$ begin raise 'hidden' using errcode = 'PW001';"
      " end $$");
  audience.visible = "public.hides()";
  PostgresMailLedger ledger(conninfo, worker.epoch, InDoubtPolicy::kResend, audience);
  CHECK(claim(ledger, {ann}, shop).at(0).clearance == Clearance::kCleared);
  for (const std::string& user : {bob, cid}) CHECK_THROWS_WITH(claim(ledger, {user}, shop), Catch::Contains("hidden"));
}

TEST_CASE_METHOD(Customers,
                 "an audience whose view there is not is refused when it is looked at, not at the first mail") {
  audience.view = "public.nobody";
  CHECK_THROWS_AS(PostgresMailLedger(conninfo, worker.epoch, InDoubtPolicy::kResend, audience).check_access(),
                  engine::RefusedError);
}

TEST_CASE_METHOD(Customers, "without an audience mails go to addresses, a mailbox each, however they are spelt") {
  PostgresMailLedger ledger(conninfo, worker.epoch, InDoubtPolicy::kResend, std::nullopt);
  CHECK_NOTHROW(ledger.check_access());
  const auto entries = claim(ledger, {"Ann@shop.example", "bob@shop.example", ""}, "");
  CHECK(entries.at(0).clearance == Clearance::kCleared);
  CHECK(entries.at(0).email == "Ann@shop.example");
  CHECK(entries.at(0).full_name.empty());
  CHECK(entries.at(2).reason == "has no email address");
  const LedgerVerdict verdict{event, "Ann@shop.example", LedgerState::kAccepted, "250 ok"};
  ledger.settle({&verdict, 1});
  CHECK(value("select string_agg(address || ' ' || state, ', ' order by address) from pawl.v1_emails") ==
        "Ann@shop.example accepted, bob@shop.example sending");
  CHECK(claim(ledger, {" ann@SHOP.example"}, "").at(0).clearance == Clearance::kAccepted);
  CHECK(value("select count(*) from pawl.v1_emails") == "3");
}
