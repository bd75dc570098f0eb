// Hands cases to threads.
#include "tests/bin/crash/cases.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "workflows/depositlink/crash_points.h"
#include "workflows/mail/faults/crash_points.h"

namespace pawl::bin {

using engine::CrashPlace;
using engine::CrashPoint;

namespace {

std::size_t worlds_at_once() {
  const char* given = std::getenv("PAWL_CRASH_THREADS");
  return given ? std::max<std::size_t>(1, std::strtoul(given, nullptr, 10)) : 3;
}

std::vector<std::string> run_case(const CrashCase& crash_case, CrashWorld& world) try {
  std::vector<std::string> violated = crash_case.run(world);
  for (std::string& sentence : world.violations()) violated.push_back(std::move(sentence));
  return violated;
} catch (const std::exception& error) {  // one broken case must not hide the others
  return {std::string("broken: ") + error.what()};
}

}  // namespace

std::string CrashReport::text() const {
  std::string all = std::to_string(toll.scenarios) + " scenarios, " + std::to_string(toll.lives) + " lives, " +
                    std::to_string(toll.kills) + " killed, " + std::to_string(toll.copies) + " mails twice, " +
                    std::to_string(toll.in_doubt) + " in doubt";
  for (const std::string& failure : failures) all += "\n" + failure;
  return all;
}

CrashReport run_cases(const std::vector<CrashCase>& cases) {
  CrashReport report;
  std::vector<std::unique_ptr<CrashWorld>> worlds;
  for (std::size_t i = 0; i < std::min(worlds_at_once(), cases.size()); ++i)
    worlds.push_back(std::make_unique<CrashWorld>());
  std::mutex mutex;
  std::atomic<std::size_t> next{0};
  const auto serve = [&](CrashWorld& world) {
    for (std::size_t i = next++; i < cases.size(); i = next++)
      for (const std::string& sentence : run_case(cases[i], world)) {
        const std::lock_guard lock(mutex);
        report.failures.push_back(cases[i].name + ": " + sentence);
      }
  };
  std::vector<std::thread> threads;
  for (const auto& world : worlds) threads.emplace_back(serve, std::ref(*world));
  for (std::thread& thread : threads) thread.join();
  for (const auto& world : worlds) report.toll += world->toll();
  return report;
}

std::vector<CrashPlace> worker_points() {
  const auto* asked = engine::kCrashPlaces.data() + static_cast<std::size_t>(CrashPoint::kRunCancelled);
  std::vector<CrashPlace> places(engine::kCrashPlaces.data(), asked);
  places.insert(places.end(), mail::kCrashPlaces.begin(), mail::kCrashPlaces.end());
  places.insert(places.end(), depositlink::kCrashPlaces.begin(), depositlink::kCrashPlaces.end());
  return places;
}

CrashScenario scenario_for(const CrashPlace& place) {
  const auto own = std::ranges::find(engine::kCrashPlaces, place.name, &engine::NumberedCrashPlace::name);
  if (own == engine::kCrashPlaces.end()) return {};
  switch (own->point) {
    case CrashPoint::kBeforeStoreMigrated:
    case CrashPoint::kAfterStoreMigrated:
    case CrashPoint::kBeforeStoreRenamed:
    case CrashPoint::kAfterStoreRenamed:
      return {.fresh = true};
    case CrashPoint::kBeforePartitioned:
    case CrashPoint::kAfterPartitioned:
    case CrashPoint::kBeforeLostClaimFound:
    case CrashPoint::kAfterLostClaimFound:
      return {.rare = true};
    case CrashPoint::kBeforeAwake:
    case CrashPoint::kAfterAwake:
    case CrashPoint::kBeforeRenewed:
    case CrashPoint::kAfterRenewed:
    case CrashPoint::kRunParked:  // a retry that is due before the run's other mail is out parks nothing
      return {.slow = true};
    default:
      return {};
  }
}

}  // namespace pawl::bin
