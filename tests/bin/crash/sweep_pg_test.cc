// SIGKILL at the Nth write, sync or send of the real worker, for every N until it lives to its end untouched.
#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>
#include <iostream>

#include "tests/bin/crash/cases.h"

using namespace pawl::bin;

namespace {

// A run is not the same twice: threads take turns as they like, and a few calls come or go.
constexpr long kBeyond = 3;

Environment preloaded(const std::string& order) {
  return {{"LD_PRELOAD", PAWL_KILL_AT_CALL}, {"PAWL_KILL_AT", order}, {"ASAN_OPTIONS", "verify_asan_link_order=0"}};
}

long calls_of_a_life(CrashWorld& world, const std::string& kind) {
  world.begin({.fresh = true, .lean = true});
  const std::string counted = world.path("count");
  Environment environment = preloaded(kind + ":before:0");
  environment["PAWL_KILL_COUNT"] = counted;
  REQUIRE(world.live("a", environment) == 0);
  long calls = 0;
  std::ifstream(counted) >> calls;
  return calls;
}

CrashCase killed_at_call(const std::string& order, std::atomic<int>& killed) {
  return {order, [order, &killed](CrashWorld& world) -> std::vector<std::string> {
            world.begin({.fresh = true, .lean = true});
            killed += world.live("a", preloaded(order)) == -SIGKILL;
            if (world.finish("a")) return {};
            return {"the lives after it did not finish"};
          }};
}

struct Sweep {
  std::string kind, when;
  long every_in_share = 1;  // how many calls the short test goes on at once
  long calls = 0;
  std::atomic<int> killed{0};
};

void sweep(bool all) {
  std::array<Sweep, 5> sweeps{{{"sync", "before", 3},
                               {"write", "before", 13},
                               {"write", "torn", 13},
                               {"send", "before", 9},
                               {"send", "after", 9}}};
  std::vector<CrashCase> cases;
  {
    CrashWorld world;
    for (Sweep& one : sweeps) {
      one.calls = calls_of_a_life(world, one.kind);
      if (all) one.every_in_share = 1;
      for (long number = 1; number <= one.calls + kBeyond; number += one.every_in_share)
        cases.push_back(killed_at_call(one.kind + ":" + one.when + ":" + std::to_string(number), one.killed));
    }
  }
  const CrashReport report = run_cases(cases);
  for (const Sweep& one : sweeps) {
    std::cout << one.kind << " " << one.when << ": killed at " << one.killed << ", 1 in " << one.every_in_share
              << " of " << one.calls << " calls" << std::endl;
    CHECK(one.killed > 0);
    CHECK(one.killed >= one.calls / one.every_in_share / 2);
  }
  std::cout << "sweep: " << report.text() << std::endl;
  CHECK(report.failures.empty());
}

}  // namespace

TEST_CASE("P1 P3 P4 P5 F1: killed at the Nth sync, write or send, everyone is told and the store is whole") {
  sweep(false);
}

TEST_CASE("P1 P3 P4 P5 F1: killed at every sync, write and send, everyone is told and the store is whole", "[.all]") {
  sweep(true);
}
