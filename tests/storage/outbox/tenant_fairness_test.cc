// Who overtakes whom, by hand-turned time.
#include "storage/outbox/tenant_fairness.h"

#include <catch2/catch.hpp>

using pawl::storage::TenantFairness;
using namespace std::chrono_literals;

namespace {

const TenantFairness::Time kStart{1000s};

void claim(TenantFairness& overtaking, const std::string& key, int times) {
  for (int time = 0; time < times; ++time) overtaking.claimed(key);
}

}  // namespace

TEST_CASE("a key is hot while it has a fiftieth of the last thousand claims") {
  TenantFairness overtaking;
  claim(overtaking, "acme", 19);
  CHECK(overtaking.hot().empty());
  claim(overtaking, "acme", 1);
  CHECK(overtaking.hot() == std::vector<std::string>{"acme"});
  for (int i = 0; i < 980; ++i) claim(overtaking, std::to_string(i), 1);
  CHECK(overtaking.hot() == std::vector<std::string>{"acme"});
  claim(overtaking, "globex", 1);
  CHECK(overtaking.hot().empty());
}

TEST_CASE("of many keys at most fifty are hot") {
  TenantFairness overtaking;
  for (int round = 0; round < 100; ++round)
    for (int key = 0; key < 60; ++key) claim(overtaking, std::to_string(key), 1);
  CHECK(overtaking.hot().size() <= 50);
}

TEST_CASE("half of a claim may overtake, of a single event every other one") {
  TenantFairness overtaking;
  CHECK(overtaking.share(500) == 250);
  CHECK(overtaking.share(1) + overtaking.share(1) == 1);
}

TEST_CASE("the scan goes on where it stopped and stays at the end of the queue") {
  TenantFairness overtaking;
  overtaking.scanned(kStart, kStart + 10ms, 20'000, false);
  CHECK(overtaking.mark() == 20'000);
  overtaking.scanned(kStart + 1s, kStart + 1s + 10ms, 30'000, true);
  CHECK(overtaking.mark() == 30'000);
  overtaking.scanned(kStart + 2s, kStart + 2s, 0, true);
  CHECK(overtaking.mark() == 30'000);
}

TEST_CASE("at the end of the queue it looks again after fifty times as long as looking took") {
  TenantFairness overtaking;
  CHECK(overtaking.due(kStart));
  overtaking.scanned(kStart, kStart + 1ms, 20'000, false);
  CHECK(overtaking.due(kStart + 1ms));
  overtaking.scanned(kStart + 1ms, kStart + 2ms, 30'000, true);
  CHECK_FALSE(overtaking.due(kStart + 51ms));
  CHECK(overtaking.due(kStart + 52ms));
  overtaking.start_over();
  CHECK(overtaking.due(kStart + 2ms));
}

TEST_CASE("it passes again, for a fiftieth of the time at most") {
  TenantFairness overtaking;
  overtaking.scanned(kStart, kStart + 500ms, 20'000, true);
  overtaking.scanned(kStart + 25s, kStart + 25s, 0, true);
  CHECK(overtaking.mark() == 20'000);
  overtaking.scanned(kStart + 26s, kStart + 26s, 0, true);
  CHECK(overtaking.mark() == 0);
}

TEST_CASE("a look or a pass that took very long does not put off the next one for as much longer") {
  TenantFairness overtaking;
  overtaking.scanned(kStart, kStart + 10s, 20'000, true);
  CHECK(overtaking.due(kStart + 11s));
  overtaking.scanned(kStart + 41s, kStart + 41s, 0, true);
  CHECK(overtaking.mark() == 0);
}
