// Which tenants get their share of a claim, by hand-turned time.
#include "storage/outbox/tenant_fairness.h"

#include <catch2/catch.hpp>

using pawl::storage::TenantFairness;
using namespace std::chrono_literals;

namespace {

const TenantFairness::Time kStart{1000s};

void claim(TenantFairness& fairness, const std::string& key, int times) {
  for (int time = 0; time < times; ++time) fairness.claimed(key);
}

}  // namespace

TEST_CASE("a key is hot while it has a fiftieth of the last thousand claims") {
  TenantFairness fairness;
  claim(fairness, "acme", 19);
  CHECK(fairness.hot().empty());
  claim(fairness, "acme", 1);
  CHECK(fairness.hot() == std::vector<std::string>{"acme"});
  for (int i = 0; i < 980; ++i) claim(fairness, std::to_string(i), 1);
  CHECK(fairness.hot() == std::vector<std::string>{"acme"});
  claim(fairness, "globex", 1);
  CHECK(fairness.hot().empty());
}

TEST_CASE("of many keys at most fifty are hot") {
  TenantFairness fairness;
  for (int round = 0; round < 100; ++round)
    for (int key = 0; key < 60; ++key) claim(fairness, std::to_string(key), 1);
  CHECK(fairness.hot().size() <= 50);
}

TEST_CASE("half of a claim goes to other tenants, of a single event every other one") {
  TenantFairness fairness;
  CHECK(fairness.share(500) == 250);
  CHECK(fairness.share(1) + fairness.share(1) == 1);
}

TEST_CASE("the scan goes on where it stopped and stays at the end of the queue") {
  TenantFairness fairness;
  fairness.scanned(kStart, kStart + 10ms, 20'000, false);
  CHECK(fairness.mark() == 20'000);
  fairness.scanned(kStart + 1s, kStart + 1s + 10ms, 30'000, true);
  CHECK(fairness.mark() == 30'000);
  fairness.scanned(kStart + 2s, kStart + 2s, 0, true);
  CHECK(fairness.mark() == 30'000);
}

TEST_CASE("at the end of the queue it looks again after fifty times as long as looking took") {
  TenantFairness fairness;
  CHECK(fairness.due(kStart));
  fairness.scanned(kStart, kStart + 1ms, 20'000, false);
  CHECK(fairness.due(kStart + 1ms));
  fairness.scanned(kStart + 1ms, kStart + 2ms, 30'000, true);
  CHECK_FALSE(fairness.due(kStart + 51ms));
  CHECK(fairness.due(kStart + 52ms));
  fairness.start_over();
  CHECK(fairness.due(kStart + 2ms));
}

TEST_CASE("it passes again, for a fiftieth of the time at most") {
  TenantFairness fairness;
  fairness.scanned(kStart, kStart + 500ms, 20'000, true);
  fairness.scanned(kStart + 25s, kStart + 25s, 0, true);
  CHECK(fairness.mark() == 20'000);
  fairness.scanned(kStart + 26s, kStart + 26s, 0, true);
  CHECK(fairness.mark() == 0);
}

TEST_CASE("a look or a pass that took very long does not put off the next one for as much longer") {
  TenantFairness fairness;
  fairness.scanned(kStart, kStart + 10s, 20'000, true);
  CHECK(fairness.due(kStart + 11s));
  fairness.scanned(kStart + 41s, kStart + 41s, 0, true);
  CHECK(fairness.mark() == 0);
}
