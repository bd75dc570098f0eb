// What became of a mail, by the phase its transaction ended in and the server's last reply.
#include "workflows/mail/smtp_verdict.h"

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
  for (const std::string reply : {"", "220 hello", "421 busy", "535 5.7.8 wrong password", "554 go away", "454 no TLS"})
    CHECK(verdict(SmtpPhase::kLogin, reply) == Delivery::kRelayDown);
}

TEST_CASE("a 4yz reply defers the mail, in every phase after the login") {
  for (const auto phase : {SmtpPhase::kMail, SmtpPhase::kRcpt, SmtpPhase::kData, SmtpPhase::kFinalDot})
    for (const std::string reply :
         {"421 4.3.0 bye", "450 4.7.1 greylisted", "451 x", "452 4.2.2 full", "454 throttled"})
      CHECK(verdict(phase, reply, phase == SmtpPhase::kFinalDot) == Delivery::kDeferred);
}

TEST_CASE("a 5yz reply to RCPT, DATA or the final dot rejects the mail for good") {
  for (const auto phase : {SmtpPhase::kRcpt, SmtpPhase::kData, SmtpPhase::kFinalDot})
    for (const std::string reply : {"550 5.1.1 no such user", "551 moved", "553 5.1.3 bad", "550 5.2.1 disabled",
                                    "554 no", "552 5.2.2 full", "501 syntax"})
      CHECK(verdict(phase, reply, phase == SmtpPhase::kFinalDot) == Delivery::kRejected);
}

TEST_CASE("refusals of the sender, the login or a policy blame no recipient") {
  for (const auto phase : {SmtpPhase::kMail, SmtpPhase::kRcpt, SmtpPhase::kFinalDot})
    for (const std::string reply : {"530 authentication required", "534 weak", "535 no", "550 5.7.1 relaying denied",
                                    "554 5.7.26 unauthenticated", "550 5.1.8 bad sender", "553 5.1.7 bad sender"})
      CHECK(verdict(phase, reply, phase == SmtpPhase::kFinalDot) == Delivery::kRelayDown);
}

TEST_CASE("a refused MAIL FROM is everybody's, unless it is for the size of this message") {
  CHECK(verdict(SmtpPhase::kMail, "550 no") == Delivery::kRelayDown);
  CHECK(verdict(SmtpPhase::kMail, "501 5.1.0 bad sender") == Delivery::kRelayDown);
  CHECK(verdict(SmtpPhase::kMail, "552 too large") == Delivery::kRejected);
  CHECK(verdict(SmtpPhase::kMail, "554 5.3.4 too large") == Delivery::kRejected);
}

TEST_CASE("a connection that dies before the message is handed over sent nothing") {
  CHECK(verdict(SmtpPhase::kMail, "") == Delivery::kDeferred);
  CHECK(verdict(SmtpPhase::kRcpt, "250 ok") == Delivery::kDeferred);
  CHECK(verdict(SmtpPhase::kData, "250 ok") == Delivery::kDeferred);
  CHECK(verdict(SmtpPhase::kFinalDot, "354 go on", false) == Delivery::kDeferred);
}

TEST_CASE("a message handed over and not answered is in doubt, and a complete reply decides it") {
  CHECK(verdict(SmtpPhase::kFinalDot, "354 go on", true) == Delivery::kInDoubt);
  CHECK(verdict(SmtpPhase::kFinalDot, "250 ok", true) == Delivery::kAccepted);
  CHECK(verdict(SmtpPhase::kFinalDot, "251 ok", true) == Delivery::kAccepted);
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
