// Which connection takes which envelope, without a network.
#include "workflows/mail/smtp_round.h"

#include <catch2/catch.hpp>

using namespace pawl::mail;

namespace {

SmtpEnding accepted() {
  SmtpEnding ending;
  ending.ok = true;
  ending.phase = SmtpPhase::kFinalDot;
  ending.reply = {250, "250 ok"};
  return ending;
}

SmtpEnding ended(SmtpPhase phase, SmtpReply reply) {
  SmtpEnding ending;
  ending.phase = phase;
  ending.reply = std::move(reply);
  ending.error = "failed";
  return ending;
}

SmtpEnding no_login() { return ended(SmtpPhase::kLogin, {}); }

}  // namespace

TEST_CASE("a round without envelopes is over at once") {
  SmtpRound round(0, 8);
  CHECK_FALSE(round.take(0));
  CHECK(round.reports().empty());
}

TEST_CASE("a relay that nobody can log in to sees one attempt a round, and every mail is reported") {
  SmtpRound round(5, 8);
  round.settle(*round.take(0), no_login());
  CHECK_FALSE(round.take(0));
  for (const DeliveryReport& report : round.reports()) CHECK(report.delivery == Delivery::kRelayDown);
}

TEST_CASE("after the first login all connections are used, each envelope once") {
  SmtpRound round(3, 8);
  const auto first = round.take(0);
  round.logged_in();
  const auto second = round.take(1);
  const auto third = round.take(2);
  CHECK(first->index + second->index + third->index == 3);
  for (const auto& job : {*first, *second, *third}) round.settle(job, accepted());
  CHECK_FALSE(round.take(0));
  for (const DeliveryReport& report : round.reports()) CHECK(report.delivery == Delivery::kAccepted);
}

TEST_CASE(
    "a login refused while another connection works retires its own connection, and its mail goes over the other") {
  SmtpRound round(2, 8);
  const auto first = round.take(0);
  round.logged_in();
  const auto second = round.take(1);
  round.settle(*first, accepted());  // Holds, though nothing moves on it when the other fails.
  round.settle(*second, no_login());
  const auto again = round.take(0);
  REQUIRE(again);
  CHECK(again->index == second->index);
  round.settle(*again, accepted());
  CHECK_FALSE(round.take(0));
  for (const DeliveryReport& report : round.reports()) CHECK(report.delivery == Delivery::kAccepted);
}

TEST_CASE("a relay that goes away during a round takes down only what it had not decided") {
  SmtpRound round(3, 1);
  round.settle(*round.take(0), accepted());
  round.settle(*round.take(0), no_login());
  CHECK_FALSE(round.take(0));
  const auto reports = round.reports();
  CHECK(reports[0].delivery == Delivery::kAccepted);
  CHECK(reports[1].delivery == Delivery::kRelayDown);
  CHECK(reports[2].delivery == Delivery::kRelayDown);
}

TEST_CASE("a mail whose kept connection had died goes over a fresh one, once") {
  SmtpRound round(1, 1);
  SmtpEnding stale = ended(SmtpPhase::kMail, {});
  stale.stale = true;
  const auto first = round.take(0);
  CHECK_FALSE(first->fresh);
  round.settle(*first, stale);
  const auto second = round.take(0);
  REQUIRE(second);
  CHECK(second->fresh);
  round.settle(*second, stale);
  CHECK_FALSE(round.take(0));
  CHECK(round.reports()[0].delivery == Delivery::kDeferred);
}

TEST_CASE("a policy refusal of one mail while others go defers that mail and takes nobody down") {
  SmtpRound round(2, 1);
  round.settle(*round.take(0), ended(SmtpPhase::kRcpt, {550, "550 5.7.1 not to this list"}));
  round.settle(*round.take(0), accepted());
  CHECK(round.reports()[0].delivery == Delivery::kDeferred);
  CHECK(round.reports()[1].delivery == Delivery::kAccepted);
}

TEST_CASE("a policy refusal of every mail is a relay that is down") {
  SmtpRound round(2, 1);
  for (int i = 0; i < 2; ++i) round.settle(*round.take(0), ended(SmtpPhase::kRcpt, {550, "550 5.7.1 relaying denied"}));
  for (const DeliveryReport& report : round.reports()) CHECK(report.delivery == Delivery::kRelayDown);
}
