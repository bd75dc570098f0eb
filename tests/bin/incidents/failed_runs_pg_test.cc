// Runs that failed for good: many by a relay that refused everybody, and one by its payload; and one to be done again.
#include "tests/bin/incidents/scene.h"

using namespace pawl::bin;

namespace {

constexpr const char* kRefusal = "rcpt=550 5.1.1 no such user";

}  // namespace

TEST_CASE("incident 1: what a relay refused for good is found as one group, and comes back by one command") {
  Scene scene({"--fail", kRefusal});
  scene.fail_syncs(40);
  REQUIRE(scene.work().code == 0);
  scene.smtp.tell("clear");
  PawlProcess worker({"worker"}, scene.environment());
  REQUIRE(eventually([&] { return scene.lives(); }));

  Operator on_call(scene.host("another"));
  ends(on_call.ask({"status"}), 1,
       {"40 runs of notify-sync-failure", "550 5.1.1 no such user", "pawl resume --failed"});
  const Completed preview = on_call.ask({"resume", "--failed", "--since", "1h"});
  ends(preview, 4, {"40 runs would be resumed", "notify-sync-failure", "550 5.1.1 no such user", "--yes"});
  CHECK(preview.out.find("@acme.example") == std::string::npos);
  CHECK(scene.count("pawl.v1_events where status = 'failed'") == "40");
  ends(on_call.act({"resume", "--failed", "--since", "1h", "--yes", "--note", "relay mended"}), 0,
       {"a worker does it"});

  REQUIRE(eventually([&] { return scene.count("pawl.v1_events where status = 'done'") == "40"; }));
  CHECK(scene.smtp.received().size() == 80);
  CHECK(scene.count("notifications") == "80");
  scene.check_shown_once();
  CHECK(scene.count("pawl.commands where verb = 'resume' and note = 'relay mended' and batch = 1") == "40");
}

TEST_CASE("incident 1: a batch that makes it worse is aborted, and what it has not touched stays failed") {
  Scene scene({"--fail", kRefusal});
  scene.fail_syncs(30);
  REQUIRE(scene.work().code == 0);
  PawlProcess worker({"worker"}, scene.environment());
  REQUIRE(eventually([&] { return scene.lives(); }));
  REQUIRE(scene.pawl({"resume", "--failed", "--rate", "1/s", "--yes", "--note", "too early"}).code == 0);
  REQUIRE(eventually([&] { return scene.count("pawl.v1_events where resumes = 1 and status = 'failed'") != "0"; }));

  Operator on_call(scene.environment());
  tells(on_call.ask({"batch", "list"}), {"too early", "running"});
  ends(on_call.ask({"batch", "show", "1"}), 0, {"1/s", "resumed", "failed"});
  ends(on_call.act({"batch", "abort", "1", "--note", "still refused"}), 0);

  const int spared = std::stoi(scene.count("pawl.v1_batch_runs where outcome = 'left alone: the batch was aborted'"));
  CHECK(spared > 0);
  CHECK(scene.count("pawl.v1_batch_runs where outcome = 'resumed'") == std::to_string(30 - spared));
  REQUIRE(eventually([&] { return scene.settled(); }));
  CHECK(scene.count("pawl.v1_events where status = 'failed'") == "30");
  CHECK(scene.count("pawl.v1_events where resumes = 0") == std::to_string(spared));
  CHECK(scene.count("notifications") == "60");
  CHECK(scene.smtp.received().empty());
}

TEST_CASE("incident 4: a payload that is wrong is told with all that is wrong, corrected, and handled once") {
  Scene scene;
  scene.database.exec("select pawl.emit('pms/connection.sync.failed', 'pms_connection', $1, '{\"org_id\": 7}')",
                      {scene.organisation.connection});
  REQUIRE(scene.work().code == 0);

  Operator on_call(scene.environment());
  const Json status = on_call.ask_json({"status"});
  REQUIRE(status["failures"].size() == 1);
  const std::string run = status["failures"][0]["example"];
  tells(on_call.ask({"show", run}),
        {"payload.org_id: expected a UUID string, got number", "payload.provider: ", "payload.occurred_at: "});
  const Json corrected{{"org_id", scene.organisation.id},
                       {"connection_id", scene.organisation.connection},
                       {"sync_log_id", "0d0c0000-0000-4000-8000-000000000004"},
                       {"provider", "reapit"},
                       {"occurred_at", "2026-11-24T03:00:00Z"}};
  const Completed requeued =
      on_call.act({"requeue", run, "--data", "-", "--reason", "org_id was a number", "-o", "json"}, corrected.dump());
  ends(requeued, 0);
  const std::string event = Json::parse(requeued.out).at(0)["event"];

  REQUIRE(scene.work().code == 0);
  CHECK(scene.status_of(run) == "dismissed");
  CHECK(scene.status_of(event) == "done");
  CHECK(scene.mails_to("owner") == 1);
  CHECK(scene.mails_to("admin") == 1);
  tells(scene.pawl({"show", run}), {event, "org_id was a number"});
  tells(scene.pawl({"show", event}), {run});
}

TEST_CASE("incident 4: a finished run is done again from a step on, and does nothing before that step again") {
  Scene scene;
  scene.organisation.fail_sync();
  REQUIRE(scene.work().code == 0);

  Operator on_call(scene.environment());
  const std::string run =
      first_line(on_call.ask({"runs", "--connection", scene.organisation.connection, "-o", "ids"}).out);
  REQUIRE(run == scene.only_run());
  const Completed rerun = on_call.act(
      {"rerun", run, "--from", "send-email", "--resend", "--reason", "it named the wrong host", "-o", "json"});
  ends(rerun, 0);
  const std::string again = Json::parse(rerun.out).at(0)["run"];

  REQUIRE(scene.work().code == 0);
  CHECK(scene.status_of(again) == "done");
  CHECK(scene.database.value("select parent from pawl.v1_events where run_id = $1::uuid", {again}) == run);
  CHECK(scene.mails_to("owner") == 2);
  CHECK(scene.mails_to("admin") == 2);
  CHECK(scene.count("notifications") == "2");
}
