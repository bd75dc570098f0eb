// Whose mails went to an address is known, for as long as there are mails.
#include <catch2/catch.hpp>

#include "tests/workflows/mail/ledger/fixture.h"

using namespace pawl;
using namespace pawl::mail;
using namespace pawl::tests;

namespace {

struct MailboxFixture : MailLedgerFixture {
  /// Runs with a mail to the address.
  std::string mailed(const std::string& address) {
    return value("select count(*) from pawl.events_mailing(null, $1, '-infinity')", {address});
  }
  std::string mailboxes() { return value("select count(*) from pawl.mailboxes"); }
  /// As if so many days had passed since the last claim.
  void age(int days) {
    exec("update pawl.mailboxes set seen_on = current_date - $1::int", {std::to_string(days)});
    exec(
        "update pawl.email_deliveries set claimed_at = now() - $1::int * interval '1 day',"
        " settled_at = settled_at - $1::int * interval '1 day'",
        {std::to_string(days)});
  }
  /// One address a step, and past their end.
  void prune() {
    for (int step = 0; step < 4; ++step) exec("select pawl.prune('90 days', 1)");
  }
};

}  // namespace

TEST_CASE_METHOD(MailboxFixture, "a mail is found by each address that it was claimed for, however it is written") {
  exec("update users set email = ' Owner@Acme.example ' where id = $1::uuid", {acme.owner});
  claim();
  CHECK(mailed("OWNER@acme.example") == "1");
  CHECK(mailed("nobody@acme.example") == "0");
  settle(LedgerState::kDeferred);
  exec("update users set email = 'new@acme.example' where id = $1::uuid", {acme.owner});
  claim();
  CHECK(mailed("new@acme.example") == "1");
  CHECK(mailed("owner@acme.example") == "0");  // it went elsewhere
  exec("update users set email = null where id = $1::uuid", {acme.owner});
  claim();
  CHECK(mailboxes() == "2");
}

TEST_CASE_METHOD(MailboxFixture, "an address that no index can hold keeps no mail waiting") {
  exec(  // too long even when it is compressed
      "update users set email = (select string_agg(md5(random()::text), '') from generate_series(1, 200))"
      " || '@acme.example' where id = $1::uuid",
      {acme.owner});
  claim();
  CHECK(value("select length(address) from pawl.v1_emails") == "6413");
}

TEST_CASE_METHOD(MailboxFixture, "an address goes with the last of its mails, and stays while it is in use") {
  claim();
  claim(ledger, acme.admin);
  settle(LedgerState::kAccepted);
  age(200);
  CHECK(
      value("select string_agg(name || ' ' || old, ', ' order by name) from pawl.prunable('90 days') where old > 0") ==
      "mails 1");  // the other is not settled
  prune();
  CHECK(mailboxes() == "1");
  CHECK(mailed(value("select email from users where id = $1::uuid", {acme.admin})) == "1");

  event = Worker::new_store();
  claim(ledger, acme.admin);  // whose address was old
  exec("delete from pawl.email_deliveries");
  prune();
  CHECK(mailboxes() == "1");  // a mail of this day may be about to be written
  CHECK(mailed("nobody@acme.example") == "0");
}
