// What refusals say together: one subject's are its own, those of several are the service's.
#include "engine/dispatch/refusals.h"

#include <catch2/catch.hpp>

using namespace pawl::engine;

namespace {

using Rank = Refusals::Rank;

Refusals::Refusal of(const std::string& subject, bool names_account = false) {
  return {subject, subject.substr(0, 1), names_account};
}

Refusals::Refusal at(const std::string& destination, const std::string& tenant) {
  return {.subject = tenant + " " + destination, .tenant = tenant, .destination = destination};
}

}  // namespace

TEST_CASE("refusals of one subject, however many, are not the service's") {
  Refusals refusals(3);
  for (RunNumber run = 1; run <= 100; ++run) CHECK_FALSE(refusals.refused({run, "a"}, of("acme x.test")));
  CHECK_FALSE(refusals.of_service());
}

TEST_CASE("three subjects refused and none accepted since are the service's refusal") {
  Refusals refusals(3);
  refusals.refused({1, ""}, of("acme x.test"));
  refusals.refused({2, ""}, of("bolt x.test"));
  CHECK_FALSE(refusals.of_service());
  refusals.refused({3, ""}, of("acme y.test"));
  CHECK(refusals.of_service());
}

TEST_CASE("what is accepted by a call that began after a refusal clears it, and by one that began before does not") {
  Refusals refusals(2);
  const auto before = refusals.call_begins();
  refusals.refused({1, ""}, of("acme"));
  const auto between = refusals.call_begins();
  refusals.refused({2, ""}, of("bolt"));
  refusals.accepted(before);
  CHECK(refusals.subjects() == 2);
  refusals.accepted(between);
  CHECK(refusals.subjects() == 1);
  CHECK_FALSE(refusals.of_service());
}

TEST_CASE("an item refused again though others were accepted in between is refused for its own sake") {
  Refusals refusals(3);
  CHECK_FALSE(refusals.refused({1, "a"}, of("acme")));
  CHECK_FALSE(refusals.refused({1, "a"}, of("acme")));
  refusals.accepted(refusals.call_begins());
  CHECK(refusals.refused({1, "a"}, of("acme")));
  CHECK(refusals.subjects() == 0);
}

TEST_CASE("an acceptance counts for an item also if the item was refused once more meanwhile") {
  Refusals refusals(3);
  refusals.refused({1, "a"}, of("acme"));
  const auto beside = refusals.call_begins();
  CHECK_FALSE(refusals.refused({1, "a"}, of("acme")));
  refusals.accepted(beside);
  CHECK(refusals.refused({1, "a"}, of("acme")));
}

TEST_CASE("after the service has refused everybody nothing from before is held against an item") {
  Refusals refusals(1);
  refusals.refused({1, "a"}, of("acme"));
  refusals.accepted(refusals.call_begins());
  refusals.begin_anew();
  CHECK_FALSE(refusals.refused({1, "a"}, of("acme")));
}

TEST_CASE("a refusal in words about the account never becomes the item's own, nor one while everybody is refused") {
  Refusals refusals(3);
  refusals.refused({1, "a"}, of("acme"));
  refusals.accepted(refusals.call_begins());
  CHECK_FALSE(refusals.refused({1, "a"}, of("acme", true)));
  refusals.accepted(refusals.call_begins());
  refusals.refused({2, "b"}, of("bolt"));
  refusals.refused({3, "c"}, of("core"));
  CHECK_FALSE(refusals.refused({1, "a"}, of("acme")));
}

TEST_CASE("refusals at a destination count once while others take items, until it takes one itself") {
  Refusals refusals(3);
  for (RunNumber run = 1; run <= 3; ++run) refusals.refused({run, ""}, at("bad", std::to_string(run)));
  CHECK(refusals.of_service());
  refusals.accepted(refusals.call_begins(), {"good"});
  for (RunNumber run = 11; run <= 20; ++run) refusals.refused({run, ""}, at("bad", std::to_string(run)));
  CHECK(refusals.subjects() == 1);
  refusals.begin_anew();
  for (RunNumber run = 21; run <= 30; ++run) refusals.refused({run, ""}, at("bad", std::to_string(run)));
  CHECK(refusals.subjects() == 1);
  refusals.refused({41, ""}, at("good", "1"));
  refusals.refused({42, ""}, at("fine", "1"));
  CHECK(refusals.of_service());

  refusals.accepted(refusals.call_begins(), {"bad"});
  for (RunNumber run = 51; run <= 53; ++run) refusals.refused({run, ""}, at("bad", std::to_string(run)));
  CHECK(refusals.of_service());
}

TEST_CASE("what took an item nobody knows where blames no destination") {
  Refusals refusals(3);
  refusals.refused({1, ""}, at("bad", "a"));
  refusals.accepted(refusals.call_begins(), {"", "good"});
  for (RunNumber run = 11; run <= 13; ++run) refusals.refused({run, ""}, at("bad", std::to_string(run)));
  CHECK(refusals.of_service());
}

TEST_CASE("a probe that goes elsewhere than what was refused is better than one that goes there") {
  Refusals refusals(3);
  refusals.refused({1, ""}, at("bad", "a"));
  CHECK(refusals.rank(refusals.mark({2, ""}, "b", "good")) == Rank::kNew);
  CHECK(refusals.rank(refusals.mark({2, ""}, "a", "good")) == Rank::kTenant);
  CHECK(refusals.rank(refusals.mark({2, ""}, "b", "bad")) == Rank::kDestination);
  CHECK(refusals.rank(refusals.mark({1, ""}, "a", "bad")) == Rank::kRefused);
  CHECK(Rank::kNew < Rank::kTenant);
  CHECK(Rank::kTenant < Rank::kDestination);
  CHECK(refusals.rank(refusals.mark({2, ""}, "a", "bad")) == Rank::kBoth);
  CHECK(Rank::kDestination < Rank::kBoth);
  CHECK(Rank::kBoth < Rank::kRefused);
}

TEST_CASE("what was never refused is the best probe, then what its tenant was refused, then what was refused itself") {
  Refusals refusals(3);
  refusals.refused({1, "a"}, of("acme"));
  CHECK(refusals.rank(refusals.mark({9, "z"}, "z")) == Rank::kNew);
  CHECK(refusals.rank(refusals.mark({2, "a"}, "a")) == Rank::kTenant);
  CHECK(refusals.rank(refusals.mark({1, "a"}, "a")) == Rank::kRefused);
  CHECK(refusals.rank(refusals.mark({3, ""}, "")) == Rank::kNew);
  refusals.refused_while_paused({3, ""});
  CHECK(refusals.rank(refusals.mark({3, ""}, "")) == Rank::kRefused);
  refusals.settled({1, "a"});
  CHECK(refusals.rank(refusals.mark({1, "a"}, "a")) == Rank::kTenant);
}
