// SIGKILL of the real worker at every named point, alone and in pairs, and what holds afterwards.
#include <atomic>
#include <catch2/catch.hpp>
#include <iostream>
#include <map>

#include "tests/bin/crash/cases.h"

using namespace pawl::bin;
using pawl::engine::CrashPlace;

namespace {

using Sentences = std::vector<std::string>;

void require_clean(const std::string& title, const CrashReport& report) {
  std::cout << title << ": " << report.text() << std::endl;
  CHECK(report.failures.empty());
}

struct OneLife {
  std::string title;
  std::function<bool(CrashWorld&)> then;  ///< Has to bring everything to its end.
  bool hold = false;                      ///< Mails in doubt are held.
};

// Every `share`th point, beginning with the `first`, ends the first life.
std::vector<CrashCase> one_life_killed(const OneLife& life, std::size_t first, std::size_t share) {
  std::vector<CrashCase> cases;
  const std::vector<CrashPlace> places = worker_points();
  for (std::size_t number = first; number < places.size(); number += share) {
    const CrashPlace& place = places[number];
    cases.push_back({std::string(place.name), [place, life](CrashWorld& world) -> Sentences {
                       CrashScenario scenario = scenario_for(place);
                       scenario.hold = life.hold;
                       world.begin(scenario);
                       Sentences violated;
                       if (!world.killed_at("a", std::string(place.name))) violated.emplace_back("was never reached");
                       if (!life.then(world)) violated.emplace_back("the lives after it did not finish");
                       return violated;
                     }});
  }
  return cases;
}

bool restart(CrashWorld& world) { return world.finish("a"); }

bool restart_without_store(CrashWorld& world) {
  world.lose("a");
  world.expire_leases();
  return world.finish("a");
}

bool take_over(CrashWorld& world) {
  world.expire_leases();
  return world.finish("b") && world.finish("a");
}

const OneLife kSameStore{"restart on the same store", restart};
const OneLife kStoreLost{"store lost", restart_without_store};
const OneLife kTakenOver{"taken over", take_over};
const OneLife kHeld{"mails in doubt held", restart, true};

void run_one_life(const OneLife& life, std::size_t first = 0, std::size_t share = 1) {
  require_clean(life.title, run_cases(one_life_killed(life, first, share)));
}

// Which life does what after the first one was killed at A: the second is killed at B.
enum class Way { kRestart, kTakeOver, kLoseStore, kTakeOverAndBack };
constexpr std::size_t kWays = 4;

bool second_death(CrashWorld& world, Way way, const std::string& point) {
  if (way != Way::kRestart) world.expire_leases();
  if (way == Way::kTakeOverAndBack) world.finish("b");
  world.more_work();
  if (way == Way::kLoseStore) world.lose("a");
  return world.killed_at(way == Way::kTakeOver ? "b" : "a", point);
}

bool last_lives(CrashWorld& world, Way way) {
  return way == Way::kTakeOver ? world.finish("b") && world.finish("a") : world.finish("a");
}

struct Pairs {
  std::vector<CrashCase> cases;
  std::map<std::string, std::atomic<int>> second_deaths;  ///< By point: how many pairs died there in their second life.
};

// Every `share`th pair, with the ways in turn.
void add_pairs(Pairs& pairs, std::size_t share) {
  const std::vector<CrashPlace> points = worker_points();
  for (const CrashPlace& place : points) pairs.second_deaths[std::string(place.name)] = 0;
  for (std::size_t first = 0; first < points.size(); ++first)
    for (std::size_t second = 0; second < points.size(); ++second) {
      if ((first * 7 + second) % share != 0) continue;
      const Way way = static_cast<Way>((first + second) % kWays);
      const CrashPlace a = points[first];
      const CrashPlace b = points[second];
      auto& deaths = pairs.second_deaths[std::string(b.name)];
      pairs.cases.push_back(
          {std::string(a.name) + " then " + std::string(b.name), [=, &deaths](CrashWorld& world) {
             const CrashScenario one = scenario_for(a);
             const CrashScenario other = scenario_for(b);
             world.begin({.fresh = one.fresh, .rare = one.rare || other.rare, .slow = one.slow || other.slow});
             Sentences violated;
             if (!world.killed_at("a", std::string(a.name))) violated.emplace_back("was not reached");
             deaths += second_death(world, way, std::string(b.name));
             if (!last_lives(world, way)) violated.emplace_back("did not finish");
             return violated;
           }});
    }
}

void run_pairs(std::size_t share) {
  Pairs pairs;
  add_pairs(pairs, share);
  require_clean(std::to_string(pairs.cases.size()) + " pairs of points", run_cases(pairs.cases));
  std::string never;
  int deaths = 0;
  for (const auto& [name, count] : pairs.second_deaths) {
    deaths += count;
    if (count == 0) never += " " + name;
  }
  std::cout << "killed in the second life as well: " << deaths << "; never there:" << never << std::endl;
  if (share == 1) CHECK(never.empty());
}

// A life reaches a point as often as it has batches and groups: killed at the second time, the third, and so on.
CrashCase killed_again(const CrashPlace& place, std::atomic<int>& killed) {
  const std::string name(place.name);
  return {name, [=, &killed](CrashWorld& world) {
            Sentences violated;
            for (int times = 2;; ++times) {
              world.begin(scenario_for(place));
              const bool reached = world.killed_at("a", name + ":" + std::to_string(times));
              const std::string when = "the " + std::to_string(times) + "th time: ";
              if (!world.finish("a")) violated.push_back(when + "the lives after it did not finish");
              if (!reached) return violated;
              ++killed;
              for (const std::string& sentence : world.violations()) violated.push_back(when + sentence);
            }
          }};
}

}  // namespace

TEST_CASE("P1 P3 P4 P5 F1: killed at every point and restarted on the same store, everyone is told") {
  run_one_life(kSameStore);
}

// Of these three each point has its turn in one.
TEST_CASE("P1 P4 P5 F1: killed at every third point and the store lost, everyone is told") {
  run_one_life(kStoreLost, 0, 3);
}

TEST_CASE("P1 P3 P4 P5 F1: killed at every third point and taken over, then restarted, everyone is told") {
  run_one_life(kTakenOver, 1, 3);
}

TEST_CASE("P5 F1: killed at every third point, no mail comes twice where mails in doubt are held") {
  run_one_life(kHeld, 2, 3);
}

TEST_CASE("P1 P3 P4 P5 F1: killed at every point, whatever follows, everyone is told", "[.all]") {
  for (const OneLife& life : {kStoreLost, kTakenOver, kHeld}) run_one_life(life);
}

TEST_CASE("P1 P3 P4 P5 F1: killed at one point and then at another, everyone is told") { run_pairs(61); }

TEST_CASE("P1 P3 P4 P5 F1: killed at every point each time that it is reached, everyone is told", "[.all]") {
  std::vector<CrashCase> cases;
  std::atomic<int> killed{0};
  for (const CrashPlace& place : worker_points()) cases.push_back(killed_again(place, killed));
  const CrashReport report = run_cases(cases);
  std::cout << "killed there " << killed << " times" << std::endl;
  require_clean("each time but the first", report);
}

TEST_CASE("P1 P3 P4 P5 F1: killed at every ordered pair of points, everyone is told", "[.all]") { run_pairs(1); }
