// What the worker's own host says of runs that were resolved where its checkpoint file did not see it.
#include <nlohmann/json.hpp>

#include "tests/bin/commands/failed_runs.h"

using namespace pawl::bin;
using Json = nlohmann::json;

namespace {

struct ChangedRuns : FailedRuns {
  /// By another host, which has no checkpoints of theirs.
  Completed elsewhere(const std::vector<std::string>& arguments) const {
    return run_pawl(arguments, environment({{"PAWL_CHECKPOINTS", folder.path() + "/another-host.db"}}));
  }
  std::string run_like(const std::string& reason) {
    return database.value("select run_id from pawl.v1_events where reason like $1 order by position limit 1", {reason});
  }
  Json shown(const std::string& run) const { return Json::parse(pawl({"show", run, "-o", "json"}).out); }
};

}  // namespace

TEST_CASE_METHOD(ChangedRuns, "a run that was dismissed or resumed since it failed here is told and listed as that") {
  const std::string dismissed = run_like("%org_id%"), resumed = run_like("%550%");
  REQUIRE(elsewhere({"dismiss", dismissed, "--reason", "a test event"}).code == 0);
  REQUIRE(elsewhere({"resume", resumed}).code == 0);
  const std::string left = run_like("%550%");

  CHECK(shown(dismissed)["status"] == "dismissed");
  CHECK_THAT(shown(dismissed)["reason"].get<std::string>(), Catch::Contains("a test event"));
  CHECK(shown(resumed)["status"] == "pending");
  CHECK(shown(resumed)["waiting"]["source"] == "postgres");
  CHECK(shown(left)["status"] == "failed");
  for (const Json& run : Json::parse(pawl({"runs", "-o", "json"}).out))
    CHECK(run["status"] == shown(run["run"])["status"]);

  const Completed failed = pawl({"runs", "--status", "failed", "-o", "ids"});
  CHECK(failed.out == left + "\n");
  CHECK(pawl({"runs", "--status", "failed", "--limit", "1", "-o", "ids"}).out == left + "\n");
  CHECK(run_pawl({"resume", "-"}, environment(), failed.out).code == 0);
}

TEST_CASE_METHOD(ChangedRuns, "where Postgres cannot be asked the checkpoints have the word, and that is said") {
  REQUIRE(elsewhere({"dismiss", run_like("%org_id%"), "--reason", "a test event"}).code == 0);
  const Completed listed = run_pawl({"runs", "--status", "failed", "-o", "ids"},
                                    environment({{"PAWL_POSTGRES", "host=/nonexistent dbname=none"}}));
  CHECK(std::count(listed.out.begin(), listed.out.end(), '\n') == 3);
  CHECK_THAT(listed.err, Catch::Contains("Postgres could not be asked"));
}

TEST_CASE_METHOD(ChangedRuns, "a run that waited here when it was cancelled elsewhere waits no more") {
  smtp.tell("clear");
  smtp.tell("rcpt=451 4.3.0 greylisted");
  PawlProcess worker({"worker"}, environment({{"PAWL_RETRY_NOTIFY_SYNC_FAILURE_SEND_EMAIL", "first=1h,longest=6h"}}));
  organisation.fail_sync();
  const auto waits = [&] {
    return pawl({"sql", "select run_id from v1_runs where status = 'waiting'", "-o", "ids"}).out;
  };
  REQUIRE(eventually([&] { return !waits().empty(); }));
  worker.signal(SIGKILL);
  worker.wait();
  expire_leases();
  const std::string run = waits().substr(0, 36);
  database.exec("select pawl.cancel($1::uuid, 'ada', 'told by phone')", {run});
  REQUIRE(database.value("select status from pawl.v1_events where run_id = $1::uuid", {run}) == "cancelled");
  CHECK(shown(run)["status"] == "cancelled");
  CHECK(pawl({"runs", "--status", "waiting", "-o", "ids"}).out.empty());
  CHECK_THAT(pawl({"runs"}).out, Catch::Contains("told by phone"));
}

TEST_CASE_METHOD(FailedRuns,
                 "an event's runs are listed from wherever they are, and a filter by workflow narrows them") {
  database.exec("insert into pawl.workflows (type, workflow) values ('pms/connection.sync.failed', 'tell-the-press')");
  const std::string event =
      database.value("select pawl.emit('pms/connection.sync.failed', 'pms_connection', 'x', '{\"org_id\": 7}')");
  REQUIRE(work().code == 0);
  const auto run_of = [&](const std::string& workflow) {
    return database.value("select run_id from pawl.v1_events where event_id = $1::uuid and workflow = $2",
                          {event, workflow});
  };
  const std::string here = run_of("notify-sync-failure"), elsewhere = run_of("tell-the-press");
  const auto listed = [&](std::vector<std::string> filter) {
    filter.insert(filter.begin(), {"runs", "-o", "ids", "--event"});
    return pawl(filter).out;
  };
  CHECK_THAT(listed({event}), Catch::Contains(here) && Catch::Contains(elsewhere));
  CHECK(listed({event, "--workflow", "tell-the-press"}) == elsewhere + "\n");
  CHECK(listed({event + "/notify-sync-failure"}) == here + "\n");
  CHECK(listed({event + "/notify-sync-failure", "--workflow", "tell-the-press"}).empty());
}
