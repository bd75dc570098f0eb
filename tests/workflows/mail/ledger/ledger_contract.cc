// What becomes of a mail from claim to verdict: sections written once, run against every ledger.
#include "tests/workflows/mail/ledger/ledger_contract.h"

#include <catch2/catch.hpp>

namespace pawl::mail {

namespace {

LedgerEntry claim_one(LedgerWorld& world, const LedgerRequest& mail) { return world.ledger().claim({&mail, 1}).at(0); }

void settle_one(LedgerWorld& world, const LedgerRequest& mail, LedgerState state, const std::string& reply) {
  const LedgerVerdict verdict{mail.effects_id, mail.recipient, state, reply, mail.step};
  world.ledger().settle({&verdict, 1});
}

void check_clearance(LedgerWorld& world, const LedgerRequest& mail) {
  SECTION("a mail is cleared to its address under the id that was asked for, and says sending") {
    const LedgerEntry entry = claim_one(world, mail);
    CHECK(entry.clearance == Clearance::kCleared);
    CHECK(entry.email == "ada@example.com");
    CHECK(entry.message_id == "<first@example>");
    CHECK(world.row(mail) == "sending ");
  }
  SECTION("an accepted mail is never cleared again, by any worker") {
    claim_one(world, mail);
    settle_one(world, mail, LedgerState::kAccepted, "250 ok");
    CHECK(claim_one(world, mail).clearance == Clearance::kAccepted);
    world.take_over(GENERATE(false, true));
    CHECK(claim_one(world, mail).clearance == Clearance::kAccepted);
    CHECK(world.row(mail) == "accepted 250 ok");
  }
  SECTION("two steps of one run each have a mail to the same recipient") {
    LedgerRequest other = mail;
    other.step = "send-survey";
    claim_one(world, mail);
    settle_one(world, mail, LedgerState::kAccepted, "250 ok");
    CHECK(world.row(other) == "none");
    CHECK(claim_one(world, other).clearance == Clearance::kCleared);
    settle_one(world, other, LedgerState::kRejected, "550 no");
    CHECK(world.row(mail) == "accepted 250 ok");
    CHECK(world.row(other) == "rejected 550 no");
  }
  SECTION("another event, and another recipient, have mails of their own") {
    claim_one(world, mail);
    settle_one(world, mail, LedgerState::kAccepted, "250 ok");
    LedgerRequest later = mail, other = mail;
    later.effects_id = world.new_event();
    other.recipient = "eve@example.com";
    CHECK(claim_one(world, later).clearance == Clearance::kCleared);
    CHECK(claim_one(world, other).clearance == Clearance::kCleared);
  }
  SECTION("a deferred or rejected mail is cleared again, as a new one") {
    claim_one(world, mail);
    settle_one(world, mail, GENERATE(LedgerState::kDeferred, LedgerState::kRejected), "no");
    LedgerRequest next = mail;
    next.message_id = "<next@example>";
    CHECK(claim_one(world, next).message_id == "<next@example>");
  }
}

void check_doubt(LedgerWorld& world, const LedgerRequest& mail) {
  SECTION("what may have been sent is sent again under its first id and date") {
    const LedgerEntry first = claim_one(world, mail);
    if (GENERATE(false, true)) settle_one(world, mail, LedgerState::kInDoubt, "lost");
    world.take_over(false);
    LedgerRequest next = mail;
    next.message_id = "<next@example>";
    for (int time = 0; time < 2; ++time) {
      const LedgerEntry again = claim_one(world, next);
      CHECK(again.clearance == Clearance::kCleared);
      CHECK(again.message_id == first.message_id);
      CHECK(again.date == first.date);
    }
  }
  SECTION("what may have been sent is held for an operator, with the reason, where the policy says so") {
    claim_one(world, mail);
    const bool settled = GENERATE(false, true);
    if (settled) settle_one(world, mail, LedgerState::kInDoubt, "lost");
    world.take_over(true);
    for (int time = 0; time < 2; ++time) {
      const LedgerEntry held = claim_one(world, mail);
      CHECK(held.clearance == Clearance::kHeld);
      CHECK_FALSE(held.reason.empty());
      CHECK(world.row(mail) == "in_doubt " + held.reason);
    }
  }
}

void check_verdicts(LedgerWorld& world, const LedgerRequest& mail) {
  SECTION("a verdict settles the mail that its worker has claimed, once") {
    settle_one(world, mail, LedgerState::kAccepted, "of nothing");
    CHECK(world.row(mail) == "none");
    claim_one(world, mail);
    settle_one(world, mail, LedgerState::kDeferred, "first");
    settle_one(world, mail, LedgerState::kAccepted, "second");
    CHECK(world.row(mail) == "deferred first");
    claim_one(world, mail);
    world.take_over(false);
    settle_one(world, mail, LedgerState::kAccepted, "late");
    CHECK_THAT(world.row(mail), Catch::StartsWith("sending"));
  }
}

}  // namespace

void check_ledger_contract(const MakeLedgerWorld& make) {
  const auto world = make();
  const LedgerRequest mail{world->new_event(),    "",    "ada@example.com", "<first@example>",
                           GENERATE(false, true), "job", "send-receipt"};
  check_clearance(*world, mail);
  check_doubt(*world, mail);
  check_verdicts(*world, mail);
}

}  // namespace pawl::mail
