// What became of a mail, by the phase its transaction ended in and the server's last reply.
#include "workflows/mail/smtp/replies/verdict.h"

#include <catch2/catch.hpp>

using namespace pawl::mail;

namespace {

Delivery verdict(SmtpPhase phase, const std::string& reply, bool handed_over = false) {
  SmtpEnding ending;
  ending.phase = phase;
  ending.handed_over = handed_over;
  ending.reply = {reply.empty() ? 0 : std::stoi(reply), reply};
  ending.error = "transport error";
  return decide(ending).delivery;
}

}  // namespace

TEST_CASE("whatever fails before the login is done is the relay, not the mail") {
  for (const std::string reply : {"", "220 hello", "421 busy", "554 5.7.1 go away", "454 4.7.0 no TLS"})
    CHECK(verdict(SmtpPhase::kLogin, reply) == Delivery::kRelayDown);
}

TEST_CASE("whatever fails once a password was shown is a refused login, since relays lock accounts without saying so") {
  for (const std::string reply :
       {"", "250 HELP", "334 VXNlcm5hbWU6", "535 5.7.8 authentication failed", "530 log in first", "554 5.7.0 no",
        "454 4.7.0 Temporary authentication failure: generic failure", "421 4.7.0 Too many login attempts"}) {
    SmtpEnding ending;
    ending.tried_login = true;
    ending.reply = {reply.empty() ? 0 : std::stoi(reply), reply};
    CHECK(decide(ending).delivery == Delivery::kLoginRefused);
    ending.interrupted = true;
    CHECK(decide(ending).delivery == Delivery::kDeferred);
  }
}

TEST_CASE("a 4yz reply defers the mail, in every phase after the login") {
  for (const auto phase : {SmtpPhase::kMail, SmtpPhase::kRcpt, SmtpPhase::kData, SmtpPhase::kFinalDot})
    for (const std::string reply :
         {"421 4.3.0 bye", "450 4.7.1 greylisted", "451 x", "452 4.2.2 full", "454 throttled"})
      CHECK(verdict(phase, reply, phase == SmtpPhase::kFinalDot) == Delivery::kDeferred);
}

TEST_CASE("a connection that dies before the message is handed over sent nothing") {
  CHECK(verdict(SmtpPhase::kMail, "") == Delivery::kDeferred);
  CHECK(verdict(SmtpPhase::kRcpt, "250 ok") == Delivery::kDeferred);
  CHECK(verdict(SmtpPhase::kData, "250 ok") == Delivery::kDeferred);
  CHECK(verdict(SmtpPhase::kFinalDot, "354 go on", false) == Delivery::kDeferred);
}

TEST_CASE("a message handed over and not answered is in doubt, and is accepted by 250 alone") {
  CHECK(verdict(SmtpPhase::kFinalDot, "354 go on", true) == Delivery::kInDoubt);
  CHECK(verdict(SmtpPhase::kFinalDot, "250 ok", true) == Delivery::kAccepted);
  for (const std::string other : {"200 ok", "221 bye", "251 will forward", "252 ok", "354 go on"})
    CHECK(verdict(SmtpPhase::kFinalDot, other, true) == Delivery::kInDoubt);
}

TEST_CASE("a report holds the server's words if it answered, and the transport's with the phase if not") {
  SmtpEnding refused;
  refused.phase = SmtpPhase::kRcpt;
  refused.reply = {550, "550 5.1.1 no such user"};
  refused.error = "RCPT failed";
  CHECK(decide(refused).reply == "550 5.1.1 no such user");
  SmtpEnding dropped;
  dropped.phase = SmtpPhase::kFinalDot;
  dropped.handed_over = true;
  dropped.reply = {354, "354 go on"};
  dropped.error = "mail relay smtp://relay.test:25: Server returned nothing";
  CHECK(decide(dropped).reply ==
        "mail relay smtp://relay.test:25: Server returned nothing, before the end of the message was answered");
}
