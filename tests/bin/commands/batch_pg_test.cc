// `pawl batch` as a process: what it lists and shows, and how batches are paused, continued and aborted.
#include <catch2/catch.hpp>
#include <csignal>

#include "bin/operations/changes/batches.h"
#include "tests/bin/commands/failed_runs.h"

using namespace pawl::bin;

TEST_CASE_METHOD(FailedRuns, "batches that a list leaves out are told of, and ids are all of them") {
  database.exec(
      "insert into pawl.batches (verb, filter, requested_by, state, finished_at)"
      " select 'resume', '{}', 'x', 'done', now() from generate_series(1, 150)");
  const auto lines = [](const std::string& text) { return std::count(text.begin(), text.end(), '\n'); };
  const Completed ids = pawl({"batch", "list", "-o", "ids"});
  CHECK(lines(ids.out) == 150);
  CHECK(ids.err.empty());
  const Completed table = pawl({"batch", "list"});
  CHECK_THAT(table.err, Catch::Contains("older batches than these 100 were left out"));
  CHECK(nlohmann::json::parse(pawl({"batch", "list", "-o", "json"}).out).size() == 100);
  const Completed few = pawl({"batch", "list", "--limit", "7", "-o", "ids"});
  CHECK(lines(few.out) == 7);
  CHECK_THAT(few.err, Catch::Contains("these 7"));
  const Completed all = pawl({"batch", "list", "--limit", "150"});
  CHECK(all.err.empty());
}

TEST_CASE_METHOD(FailedRuns, "a batch is listed, shown, paused, continued and aborted by its number") {
  database.exec("select pawl.make_batch('resume', '{\"error_like\": \"550\"}', 'alice@ops', 'mended', 0.001)");
  const auto listed = nlohmann::json::parse(pawl({"batch", "list", "-o", "json"}).out);
  REQUIRE(listed.size() == 1);
  CHECK(listed[0]["batch"] == 1);
  CHECK(listed[0]["owed"] == 2);
  CHECK(listed[0]["rate"] == 0.001);
  CHECK(listed[0]["finished_at"].is_null());
  CHECK(listed[0]["filter"]["error_like"] == "550");
  CHECK(pawl({"batch", "list", "-o", "ids"}).out == "1\n");
  CHECK_THAT(pawl({"runs", "--status", "failed"}).out, Catch::Contains("batch 1 will resume it: "));
  const std::string run = database.value("select run_id from pawl.v1_events where reason like '%550%' limit 1");
  CHECK_THAT(pawl({"show", run}).out, Catch::Contains("batch 1 will resume it"));
  CHECK_THAT(pawl({"waiting", run}).err, Catch::Contains("batch 1 will resume it"));
  const auto elsewhere = environment({{"PAWL_CHECKPOINTS", folder.path() + "/another-host.db"}});
  CHECK(nlohmann::json::parse(run_pawl({"show", run, "-o", "json"}, elsewhere).out)["batch"] ==
        "batch 1 will resume it");
  CHECK_THAT(run_pawl({"runs", "--status", "failed"}, elsewhere).out, Catch::Contains("batch 1 will resume it: "));
  const Completed shown = pawl({"batch", "show", "1"});
  CHECK_THAT(shown.out, Catch::Contains("alice@ops") && Catch::Contains("mended") && Catch::Contains("2 to go") &&
                            Catch::Contains("through in") && Catch::Contains("still to come"));
  CHECK_THAT(shown.err, Catch::Contains("no worker lives"));
  CHECK(pawl({"batch", "pause", "1"}).code == 0);
  const Completed again = pawl({"batch", "pause", "1"});
  CHECK(again.code == 4);
  CHECK_THAT(again.err, Catch::Contains("it is paused") && Catch::Contains("pawl batch continue 1"));
  const auto aborted = nlohmann::json::parse(pawl({"batch", "abort", "1", "-o", "json"}).out);
  CHECK(aborted["state"] == "aborted");
  CHECK(aborted["owed"] == 0);
  CHECK(aborted["acted"] == 0);
  CHECK_THAT(pawl({"batch", "show", "1"}).out, Catch::Contains("0 of 2 runs, aborted"));
  for (const char* verb : {"pause", "continue", "abort"}) {
    const Completed refused = pawl({"batch", verb, "1"});
    CHECK(refused.code == 4);
    CHECK_THAT(refused.err, Catch::Contains("it is aborted") && Catch::Contains("pawl batch show 1"));
  }
  CHECK(failed() == "3");
  CHECK(pawl({"batch", "watch", "1"}).code == 1);
}

TEST_CASE_METHOD(FailedRuns, "a batch that there is not is not found, and those that there are are named") {
  for (const char* verb : {"show", "watch", "pause", "continue", "abort"}) {
    const Completed none = pawl({"batch", verb, "7"});
    CHECK(none.code == 3);
    CHECK_THAT(none.err, Catch::Contains("no batch 7") && Catch::Contains("there is none"));
  }
  database.exec("select pawl.make_batch('resume', '{}', 'alice')");
  const Completed other = pawl({"batch", "show", "7"});
  CHECK(other.code == 3);
  CHECK_THAT(other.err, Catch::Contains("1  resume of 3 runs, running"));
  CHECK(pawl({"batch", "show"}).code == 2);
  CHECK(pawl({"batch", "show", "seven"}).code == 2);
}

TEST_CASE_METHOD(FailedRuns, "what a batch owes already is left out of the next one, which says so") {
  database.exec("select pawl.make_batch('resume', '{\"error_like\": \"550\"}', 'alice', '', 0.001)");
  const Completed shown = pawl({"resume", "--failed"});
  CHECK(shown.code == 4);
  CHECK_THAT(shown.out, Catch::Contains("batch 1 owes it"));
  CHECK_THAT(shown.err, Catch::Contains("1 run would be resumed and 2 left out"));
  const Completed none = pawl({"resume", "--error-like", "550", "--yes"});
  CHECK(none.code == 0);
  CHECK_THAT(none.out, Catch::Contains("batch 1 owes it"));
  CHECK_THAT(none.err, Catch::Contains("all of them are left out"));
  CHECK(count("pawl.batches") == "1");
}

TEST_CASE_METHOD(FailedRuns, "continue says in JSON where the batch stands that it has worked on") {
  database.exec("select pawl.make_batch('resume', '{}', 'alice')");
  const Completed done = pawl({"batch", "continue", "1", "-o", "json"});
  CHECK(done.code == 0);
  const auto batch = nlohmann::json::parse(done.out);
  CHECK(batch["state"] == "done");
  CHECK(batch["owed"] == 0);
  CHECK(batch["problem"].is_null());
}

TEST_CASE_METHOD(FailedRuns, "whoever stops watching a batch is told that it goes on, and has no answer yet") {
  database.exec("select pawl.make_batch('resume', '{}', 'alice', '', 0.001)");
  PawlProcess watch({"batch", "watch", "1"}, environment());
  REQUIRE(eventually([&] { return watch.out().find("batch 1: ") != std::string::npos; }));
  watch.signal(SIGINT);
  CHECK(watch.wait() == 128 + SIGINT);
  CHECK_THAT(watch.err(), Catch::Contains("batch 1 goes on"));
  CHECK(database.value("select state from pawl.batches") == "running");
}

TEST_CASE_METHOD(FailedRuns, "a batch that fails, and one that is paused, are in status and in the list") {
  database.exec("select pawl.make_batch('resume', '{}', 'alice', '', 0.001)");
  CHECK(nlohmann::json::parse(pawl({"status", "-o", "json"}).out)["batches"].empty());
  REQUIRE(pawl({"batch", "pause", "1"}).code == 0);
  CHECK_THAT(pawl({"status"}).out, Catch::Contains("note: batch 1"));
  database.exec("update pawl.batches set state = 'running', problem = 'deadlock detected', problem_at = now()");
  CHECK_THAT(pawl({"status"}).out, Catch::Contains("problem: batch 1") && Catch::Contains("deadlock detected"));
  CHECK_THAT(pawl({"batch", "list"}).out, Catch::Contains("deadlock detected"));
}

TEST_CASE("a step that acted on nothing is not made again at once") {
  CHECK(BatchWork::Step{.running = true}.seconds_to_wait() > 0);
  CHECK(BatchWork::Step{.running = true, .acted_on = 5}.seconds_to_wait() == 0);
  CHECK(BatchWork::Step{.running = true, .acted_on = 5, .next_in_seconds = 2}.seconds_to_wait() == 2);
}

TEST_CASE_METHOD(FailedRuns,
                 "--sql of batch show prints a query each for the batch, what was done, and how its runs stand") {
  database.exec("select pawl.make_batch('resume', '{}', 'alice')");
  REQUIRE(pawl({"batch", "continue", "1"}).code == 0);
  const Completed printed = pawl({"batch", "show", "1", "--sql"});
  INFO(printed.out);
  CHECK(printed.code == 0);
  std::vector<std::string> found;
  std::string rest = printed.out;
  for (std::size_t end = rest.find(';'); end != std::string::npos; end = rest.find(';')) {
    const auto rows = database.exec(rest.substr(0, end));
    found.push_back(std::to_string(rows.size()) + " " + rows.at(0).at(0));
    rest.erase(0, end + 1);
  }
  CHECK(found == std::vector<std::string>{"1 1", "1 resumed", "1 unfinished"});
}
