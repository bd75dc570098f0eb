// What is remembered of a mail while the ledger cannot be told, and for how long.
#include "workflows/mail/ledger/verdict_memory.h"

#include <catch2/catch.hpp>

using namespace pawl::mail;

namespace {

LedgerVerdict verdict(const std::string& user_id, LedgerState state) { return {"event", user_id, state, "reply"}; }

}  // namespace

TEST_CASE("what the ledger was not told is to be told, all of it, once") {
  VerdictMemory memory;
  const std::vector verdicts = {verdict("olive", LedgerState::kAccepted), verdict("adam", LedgerState::kDeferred)};
  memory.keep(verdicts);
  CHECK(memory.unrecorded().verdicts.size() == 2);
  memory.recorded(memory.unrecorded().last);
  CHECK(memory.unrecorded().verdicts.empty());
}

TEST_CASE("an acceptance or rejection is known until it is forgotten, what may be sent again is not final") {
  VerdictMemory memory;
  const std::vector verdicts = {verdict("a", LedgerState::kAccepted), verdict("r", LedgerState::kRejected),
                                verdict("d", LedgerState::kDeferred), verdict("i", LedgerState::kInDoubt)};
  memory.keep(verdicts);
  memory.recorded(memory.unrecorded().last);
  CHECK(memory.final_verdict("event", "a")->state == LedgerState::kAccepted);
  CHECK(memory.final_verdict("event", "r")->state == LedgerState::kRejected);
  CHECK_FALSE(memory.final_verdict("event", "d"));
  CHECK_FALSE(memory.final_verdict("event", "i"));
  CHECK_FALSE(memory.final_verdict("other event", "a"));
  memory.forget("event", "a");
  CHECK_FALSE(memory.final_verdict("event", "a"));
}

TEST_CASE("recorded verdicts whose mail never comes round again are bounded, unrecorded ones are never dropped") {
  VerdictMemory memory;
  for (int i = 0; i < 10'001; ++i) {
    const std::vector verdicts = {verdict(std::to_string(i), LedgerState::kAccepted)};
    memory.keep(verdicts);
  }
  memory.recorded(memory.unrecorded().last);
  CHECK(memory.final_verdict("event", "0"));
  const std::vector fresh = {verdict("fresh", LedgerState::kAccepted)};
  memory.keep(fresh);
  CHECK(memory.unrecorded().verdicts.size() == 1);
  memory.recorded(memory.unrecorded().last);
  CHECK_FALSE(memory.final_verdict("event", "0"));
  CHECK(memory.final_verdict("event", "fresh"));
}

TEST_CASE("what was kept while the ledger was being told is still to be told") {
  VerdictMemory memory;
  const std::vector olive = {verdict("olive", LedgerState::kAccepted), verdict("adam", LedgerState::kDeferred)};
  memory.keep(olive);
  const VerdictMemory::Unrecorded told = memory.unrecorded();
  const std::vector later = {verdict("eve", LedgerState::kDeferred), verdict("adam", LedgerState::kAccepted)};
  memory.keep(later);
  memory.recorded(told.last);
  const auto left = memory.unrecorded().verdicts;
  REQUIRE(left.size() == 2);
  CHECK(left[0].recipient == "adam");
  CHECK(left[0].state == LedgerState::kAccepted);
  CHECK(left[1].recipient == "eve");
}
