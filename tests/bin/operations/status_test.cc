// What is wrong with a fleet, decided from what was read of it.
#include "bin/operations/health/status.h"

#include <catch2/catch.hpp>

using namespace pawl;
using namespace pawl::bin;

namespace {

storage::Fleet healthy() {
  storage::Fleet fleet;
  fleet.stores.push_back({.store = "s",
                          .host = "one",
                          .path = "/state/a.db",
                          .version = "1.0",
                          .state = "living",
                          .workflows = {"greet"}});
  fleet.backlog.push_back({.workflow = "greet", .type = "visit", .due = 3, .leased = 5, .longest_due_seconds = 1});
  return fleet;
}

std::string told(const storage::Fleet& fleet, const std::optional<LocalStatus>& local = std::nullopt) {
  std::string text;
  for (const Finding& finding : findings_of(fleet, local))
    text += std::string(finding.weight == Finding::Weight::kProblem ? "problem: " : "note: ") + finding.what + " | " +
            finding.why + " | " + finding.advice + "\n";
  return text;
}

}  // namespace

TEST_CASE("a fleet that keeps up has no findings") { CHECK(told(healthy()).empty()); }

TEST_CASE("that no worker lives is the first problem, and what it keeps waiting is not told once more") {
  storage::Fleet fleet = healthy();
  fleet.stores[0].state = "dead";
  fleet.backlog[0].longest_due_seconds = 3600;
  CHECK_THAT(told(fleet), Catch::StartsWith("problem: no worker lives") && Catch::Contains("pawl worker"));
  CHECK(findings_of(fleet, std::nullopt).size() == 1);
  fleet.stores.clear();
  CHECK_THAT(told(fleet), Catch::StartsWith("problem: no worker lives"));
}

TEST_CASE("a silent worker is a problem, one that stopped with runs a note, a dead one neither") {
  storage::Fleet fleet = healthy();
  fleet.stores.push_back({.store = "t", .host = "two", .state = "silent", .silent_seconds = 300, .leased = 7});
  CHECK_THAT(told(fleet), Catch::Contains("problem: the worker on host two") && Catch::Contains("7 runs"));
  fleet.stores[1].state = "stopped";
  CHECK_THAT(told(fleet), Catch::StartsWith("note: the worker on host two has stopped"));
  CHECK_FALSE(any_problem(findings_of(fleet, std::nullopt)));
  fleet.stores[1].state = "dead";
  CHECK(told(fleet).empty());
}

TEST_CASE("workers of several versions are noted") {
  storage::Fleet fleet = healthy();
  fleet.stores.push_back({.store = "t", .host = "two", .version = "1.1", .state = "living"});
  CHECK_THAT(told(fleet), Catch::StartsWith("note: workers of several versions live: 1.0, 1.1"));
}

TEST_CASE("runs that nobody will run are told with what would run them") {
  storage::Fleet fleet = healthy();
  fleet.stores[0].workflows = {"another"};
  CHECK_THAT(told(fleet),
             Catch::Contains("problem: no living worker runs greet") && Catch::Contains("--workflows greet"));
  fleet.backlog[0].workflow.clear();
  CHECK_THAT(told(fleet), Catch::StartsWith("note: no workflow that is registered takes 3 events of type visit") &&
                              Catch::Contains("pawl migrate"));
  fleet = healthy();
  fleet.backlog[0].longest_due_seconds = 600;
  CHECK_THAT(told(fleet), Catch::Contains("problem: 3 runs of greet due, the first for 10 min"));
}

TEST_CASE("steps that do not move, failures, doubt, misfits and problems are each told with what to do") {
  storage::Fleet fleet = healthy();
  fleet.paused.push_back({.step = "send", .host = "one", .reason = "no route", .seconds = 60, .held = 12});
  CHECK_THAT(told(fleet), Catch::Contains("step send is paused") && Catch::Contains("no route") &&
                              Catch::Contains("12 runs") && Catch::Contains("probe is out"));
  fleet = healthy();
  fleet.calls.push_back({.step = "send", .host = "one", .seconds = 10, .calls = 2});
  CHECK_THAT(told(fleet), Catch::StartsWith("note: a call of step send"));
  fleet.calls[0].seconds = 200;
  CHECK_THAT(told(fleet), Catch::StartsWith("problem: a call of step send") && Catch::Contains("3 min"));
  fleet = healthy();
  fleet.failures.push_back({.workflow = "greet", .step = "send", .reason = "550", .last_hour = 2, .last_day = 9});
  CHECK_THAT(told(fleet), Catch::Contains("9 runs of greet") && Catch::Contains("2 within the last hour") &&
                              Catch::Contains("550") && Catch::Contains("pawl resume"));
  fleet = healthy();
  fleet.older_failed = 3;
  fleet.oldest_failed_at = "2026-01-01T00:00:00.000Z";
  CHECK_THAT(told(fleet), Catch::Contains("3 runs failed more than a day ago") && Catch::Contains("2026-01-01"));
  fleet = healthy();
  fleet.in_doubt = 0;
  CHECK(told(fleet).empty());
  fleet.in_doubt = 4;
  CHECK_THAT(told(fleet), Catch::Contains("4 mails in doubt") && Catch::Contains("pawl in-doubt"));
  fleet = healthy();
  fleet.problems.push_back("the trigger is gone");
  CHECK_THAT(told(fleet), Catch::StartsWith("problem: the trigger is gone"));
  fleet = healthy();
  const LocalStatus local{.path = "/state/a.db", .misfits = {{"r1", "asks for step x"}}, .misfit_count = 1};
  CHECK_THAT(told(fleet, local),
             Catch::Contains("/state/a.db") && Catch::Contains("asks for step x") && Catch::Contains("pawl replay r1"));
}

TEST_CASE("a batch that fails is a problem, and one that is paused a note") {
  storage::Fleet fleet = healthy();
  fleet.batches.push_back({.id = 7, .verb = "resume", .state = "paused", .owed = 30});
  CHECK_THAT(told(fleet), Catch::StartsWith("note: batch 7") && Catch::Contains("30 runs") &&
                              Catch::Contains("pawl batch continue 7"));
  fleet.batches[0].problem = "deadlock detected";
  CHECK_THAT(told(fleet), Catch::StartsWith("note: batch 7"));
  fleet.batches[0].state = "running";
  CHECK_THAT(told(fleet), Catch::StartsWith("problem: batch 7") && Catch::Contains("deadlock detected"));
}

TEST_CASE("problems come before notes, and an age is said as a person says it") {
  storage::Fleet fleet = healthy();
  fleet.stores.push_back({.store = "t", .host = "two", .state = "stopped", .leased = 1});
  fleet.in_doubt = 1;
  CHECK_THAT(told(fleet), Catch::StartsWith("problem"));
  CHECK(age_text(-3) == "0 s");
  CHECK(age_text(119) == "119 s");
  CHECK(age_text(121) == "2 min");
  CHECK(age_text(7200) == "2 h");
  CHECK(age_text(10.0 * 86400) == "10 days");
}
