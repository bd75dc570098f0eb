// Which parked runs wake for what.
#include "engine/parking/wake_list.h"

#include <malloc.h>

#include <catch2/catch.hpp>

using namespace pawl::engine;
using namespace std::chrono_literals;

namespace {

struct NoStep final : StepBase {
  explicit NoStep(std::string name) : StepBase(std::move(name), {}) {}
  void execute_untyped(std::span<Execution* const>) override {}
};

const Timestamp kNow = Timestamp(std::chrono::sys_days{std::chrono::year{2026} / 1 / 1});
const NoStep kMail("send-email"), kPost("create-in-app");
using Runs = std::vector<RunNumber>;
using Rank = Refusals::Rank;

std::vector<WakeList::HeldBy> by(std::initializer_list<const StepBase*> steps) {
  std::vector<WakeList::HeldBy> held;
  for (const StepBase* step : steps) held.push_back({step, {}});
  return held;
}

}  // namespace

TEST_CASE("a run wakes when it is due, the earliest first and at most so many") {
  WakeList list;
  list.at(kNow + 2s, 2);
  list.at(kNow + 1s, 1);
  list.at(kNow + 3s, 3);
  CHECK(list.take(kNow, 10).empty());
  CHECK(list.next() == kNow + 1s);
  CHECK(list.take(kNow + 3s, 2) == Runs{1, 2});
  CHECK(list.size() == 1);
}

TEST_CASE("held runs come back in the order in which they were held, as many as their step wants") {
  WakeList list;
  for (RunNumber run = 1; run <= 5; ++run) list.park(run, std::nullopt, by({&kMail}));
  CHECK(list.take(kNow, 10).empty());
  CHECK(list.release(&kMail, 2, kNow) == 2);
  CHECK(list.take(kNow, 10) == Runs{1, 2});
  CHECK(list.size() == 3);
  CHECK(list.release(&kPost, 2, kNow) == 0);
}

TEST_CASE("P6: a run that waits for several things wakes once, for whichever comes first") {
  WakeList list;
  list.park(1, kNow + 30min, by({&kMail, &kPost}));
  CHECK(list.size() == 1);
  CHECK(list.release(&kPost, 9, kNow) == 1);
  CHECK(list.take(kNow, 10) == Runs{1});
  CHECK(list.size() == 0);
  CHECK(list.release(&kMail, 9, kNow) == 0);
  CHECK(list.take(kNow + 1h, 10).empty());
}

TEST_CASE("what an earlier wake left behind does not wake the run out of its next wait") {
  WakeList list;
  list.park(1, kNow + 1s, by({&kMail}));
  CHECK(list.take(kNow + 1s, 10) == Runs{1});
  list.park(1, kNow + 1h, by({&kPost}));
  CHECK(list.release(&kMail, 9, kNow) == 0);
  CHECK(list.take(kNow + 2s, 10).empty());
  CHECK(list.take(kNow + 1h, 10) == Runs{1});
}

TEST_CASE("a run that is woken early comes at once, and nothing of its old wait wakes it or counts later") {
  WakeList list;
  list.park(1, kNow + 1h, {});
  list.park(2, std::nullopt, by({&kMail}));
  list.park(3, kNow + 1h, by({&kMail, &kPost}));
  for (const RunNumber run : {1, 2, 3}) list.wake(run, kNow);
  CHECK(list.size() == 3);
  CHECK(list.take(kNow, 10) == Runs{1, 2, 3});
  CHECK(list.size() == 0);
  list.park(1, kNow + 1min, {});
  list.park(2, std::nullopt, by({&kPost}));
  CHECK(list.take(kNow + 1min, 10) == Runs{1});
  CHECK(list.release(&kMail, 9, kNow) == 0);
  CHECK(list.release(&kPost, 9, kNow) == 1);
  CHECK(list.take(kNow + 1min, 10) == Runs{2});
  CHECK(list.take(kNow + 2h, 10).empty());
  CHECK(list.size() == 0);
  list.park(1, kNow + 3h, {});
  list.wake(1, kNow);
  list.wake(1, kNow);
  CHECK(list.take(kNow, 10) == Runs{1});
  CHECK(list.take(kNow + 4h, 10).empty());
  CHECK(list.size() == 0);
}

TEST_CASE("a run that came back another way and waits again counts once") {
  WakeList list;
  list.park(1, kNow + 1s, by({&kMail}));
  list.park(1, kNow + 2s, by({&kMail}));
  CHECK(list.size() == 1);
  CHECK(list.take(kNow + 1s, 10).empty());
  CHECK(list.take(kNow + 2s, 10) == Runs{1});
  CHECK(list.size() == 0);
}

TEST_CASE("the probe is the longest held run of which least is known, and what is known too well waits") {
  WakeList list;
  Refusals refusals(3);
  refusals.refused({9, ""}, {"acme/x", "acme", false});
  const auto held = [&](const std::string& tenant, bool refused) {
    Refusals::Mark mark = refusals.mark({0, ""}, tenant);
    mark.refused = refused;
    return std::vector<WakeList::HeldBy>{{&kMail, mark}};
  };
  list.park(1, std::nullopt, held("bolt", true));
  list.park(2, std::nullopt, held("acme", false));
  list.park(3, kNow + 1h, held("core", false));
  list.park(4, std::nullopt, held("dune", false));
  const auto probe = [&](Rank worst) { return list.release_probe(&kMail, refusals, worst, kNow); };
  CHECK(probe(Rank::kTenant) == Rank::kNew);
  CHECK(probe(Rank::kTenant) == Rank::kNew);
  CHECK(probe(Rank::kTenant) == Rank::kTenant);
  CHECK(probe(Rank::kTenant) == Rank::kRefused);
  CHECK(list.take(kNow, 10) == Runs{2, 3, 4});
  CHECK(probe(Rank::kRefused) == Rank::kRefused);
  CHECK(probe(Rank::kRefused) == Rank::kNone);
  CHECK(list.take(kNow, 10) == Runs{1});
  CHECK(list.size() == 0);
}

TEST_CASE("tenants of which as much is known take turns to probe, however many runs each of them has held") {
  WakeList list;
  Refusals refusals(3);
  const auto hold = [&](RunNumber run, const std::string& tenant) {
    list.park(run, std::nullopt, std::vector<WakeList::HeldBy>{{&kMail, refusals.mark({run, ""}, tenant)}});
  };
  for (RunNumber run = 1; run <= 4; ++run) hold(run, "acme");
  hold(5, "bolt");
  hold(6, "core");
  hold(7, "bolt");
  for (int probe = 0; probe < 7; ++probe) list.release_probe(&kMail, refusals, Rank::kRefused, kNow + 1s * probe);
  CHECK(list.take(kNow + 7s, 10) == Runs{1, 5, 6, 2, 7, 3, 4});
}

TEST_CASE("P9: a run that waits costs a few bytes of memory, a hundred thousand of them a few megabytes") {
  constexpr std::size_t kRuns = 100'000;
  const auto bytes_of = [](auto park) {
    const std::size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
    WakeList list;
    for (RunNumber run = 1; run <= static_cast<RunNumber>(kRuns); ++run) park(list, run);
    return (mallinfo2().uordblks + mallinfo2().hblkhd - before) / kRuns;
  };
  CHECK(bytes_of([](WakeList& list, RunNumber run) { list.park(run, std::nullopt, by({&kMail})); }) <= 32);
  CHECK(bytes_of([](WakeList& list, RunNumber run) { list.at(kNow, run); }) <= 48);
  CHECK(bytes_of([](WakeList& list, RunNumber run) { list.park(run, kNow, by({&kMail, &kPost})); }) <= 160);
}
