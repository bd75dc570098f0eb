// What SendMail does when the ledger cannot be told what became of a mail.
#include <catch2/catch.hpp>

#include "tests/workflows/mail/send_mail_fixture.h"

using namespace pawl::mail;
using pawl::engine::FailedForGood;

TEST_CASE_METHOD(SendMailFixture,
                 "nothing is sent twice when the ledger fails once between the server's reply and its record") {
  ledger.settle_throws = 1;
  auto call = call_for({"olive", "adam"});
  CHECK_THROWS_AS(call.execute(), pawl::engine::UnavailableError);
  CHECK_FALSE(call.settled(0));
  CHECK(ledger.row("olive").state == "sending");

  call.execute();
  CHECK(call.succeeded(0));
  CHECK(call.succeeded(1));
  CHECK(mailer.sent.size() == 2);
  CHECK(ledger.row("olive").state == "accepted");
}

TEST_CASE_METHOD(SendMailFixture,
                 "P6: a kept verdict that the ledger refuses fails its own mail alone, and sends nothing twice") {
  const auto delivery = GENERATE(Delivery::kAccepted, Delivery::kDeferred);
  mailer.answers["olive@example.com"] = {delivery, "250 queued"};
  ledger.refused = {"olive"};
  auto olive = call_for({"olive"});
  auto adam = call_for({"adam"});
  CHECK_THROWS_WITH(olive.execute(), "settle mail: refused for olive");
  adam.execute();
  CHECK(adam.succeeded());
  const int refusals = ledger.refusals;
  call_for({"adam"}).execute();
  CHECK(ledger.refusals == refusals);  // nobody else's call asks again
  CHECK_THROWS_WITH(olive.execute(), "settle mail: refused for olive");
  CHECK(mailer.sent.size() == 2);
  ledger.refused.clear();
  mailer.answers.clear();
  olive.execute();
  CHECK(olive.succeeded());
  CHECK(mailer.sent.size() == (delivery == Delivery::kAccepted ? 2 : 3));
  CHECK(ledger.row("olive").state == "accepted");
}

TEST_CASE_METHOD(SendMailFixture, "nothing new is sent while the ledger cannot be told of what was sent before") {
  ledger.settle_throws = 3;
  auto olive = call_for({"olive"});
  auto adam = call_for({"adam"});
  CHECK_THROWS_AS(olive.execute(), pawl::engine::UnavailableError);
  CHECK_THROWS_AS(adam.execute(), pawl::engine::UnavailableError);
  CHECK_THROWS_AS(adam.execute(), pawl::engine::UnavailableError);
  CHECK(mailer.sent.size() == 1);
  adam.execute();
  olive.execute();
  CHECK(mailer.sent.size() == 2);
  CHECK(olive.succeeded());
  CHECK(adam.succeeded());
}

TEST_CASE_METHOD(SendMailFixture, "nothing is sent twice by one process even when its lease was lost with the ledger") {
  ledger.settle_throws = 1;
  mailer.answers["refused@example.com"] = {Delivery::kRejected, "550 no such user"};
  auto call = call_for({"olive", "refused"});
  CHECK_THROWS(call.execute());
  ledger.epoch = 2;  // the rows still say `sending`, and verdicts of the new epoch do not reach them

  auto other = call_for({"adam"});
  other.execute();
  CHECK(ledger.row("olive").state == "sending");
  call.execute();
  CHECK(call.succeeded(0));
  CHECK(reason_of<FailedForGood>(call, 1) == "rejected: 550 no such user");
  CHECK(mailer.sent.size() == 3);
  CHECK(ledger.row("olive").state == "accepted");
  CHECK(ledger.row("refused").state == "rejected");
}

TEST_CASE_METHOD(SendMailFixture, "nothing is sent twice after a lost lease where verdicts were recorded one by one") {
  ledger.refused = {"adam"};
  auto call = call_for({"olive", "adam"});
  CHECK_THROWS(call.execute());
  ledger.epoch = 2;
  auto other = call_for({"refused"});
  other.execute();
  ledger.refused.clear();
  call.execute();
  CHECK(call.succeeded(0));
  CHECK(call.succeeded(1));
  CHECK(mailer.sent.size() == 3);
}

TEST_CASE_METHOD(SendMailFixture, "a known acceptance outranks a ledger that holds the mail for an operator") {
  ledger.settle_throws = 1;
  ledger.holds_in_doubt = true;
  auto call = call_for({"olive"});
  CHECK_THROWS(call.execute());
  ledger.epoch = 2;
  call.execute();
  REQUIRE(call.succeeded());
  CHECK(call.output().state == "accepted");
  CHECK(mailer.sent.size() == 1);
}
