// Runs that wait: between two attempts, for a step that is paused, and for somebody who knows whether a mail was sent.
#include <memory>

#include "tests/bin/incidents/scene.h"

using namespace pawl::bin;

namespace {

/// A relay that puts a mail off, and a worker that tries again in an hour.
struct Waiting : Scene {
  Waiting() : Scene({"--fail", "rcpt:admin=451 4.7.1 greylisted"}) {
    organisation.fail_sync();
    worker = std::make_unique<PawlProcess>(Command{"worker"}, patient());
    REQUIRE(eventually([&] {
      return pawl({"sql", "select 1 from v1_runs where status = 'waiting'", "-o", "ids"}).out == "1\n";
    }));
    run = only_run();
  }
  Environment patient() const {
    return environment({{"PAWL_RETRY_NOTIFY_SYNC_FAILURE_SEND_EMAIL", "first=1h,longest=1h,for=6h"}});
  }

  std::unique_ptr<PawlProcess> worker;
  std::string run;
};

}  // namespace

TEST_CASE_METHOD(Waiting,
                 "incident 2: a run that waits says why, until when and when it gives up, and goes on at once") {
  Operator on_call(patient());
  const Json waiting = on_call.ask_json({"waiting"});
  REQUIRE(waiting.size() == 1);
  CHECK(waiting[0]["run"] == run);
  CHECK(waiting[0]["state"] == "backoff");
  CHECK(waiting[0]["step"] == "send-email");
  CHECK(waiting[0]["key"] == organisation.admin);
  CHECK_THAT(waiting[0]["reason"].get<std::string>(), Catch::Contains("451 4.7.1 greylisted"));
  CHECK(waiting[0]["since"] < waiting[0]["next_at"]);
  CHECK(waiting[0]["next_at"] < waiting[0]["gives_up_at"]);
  smtp.tell("clear");
  ends(on_call.act({"retry-now", run, "--note", "they know us now"}), 0, {"retrying"});

  REQUIRE(eventually([&] { return status_of(run) == "done"; }));
  CHECK(mails_to("owner") == 1);
  CHECK(mails_to("admin") == 1);
  check_shown_once();
  ends(pawl({"retry-now", run}), 4, {"it is done", "pawl rerun"});
}

TEST_CASE_METHOD(Waiting, "incident 2: a run that waits is cancelled, and says by whom and why") {
  Operator on_call(patient());
  tells(on_call.ask({"waiting", "--step", "send-email"}), {run, "451 4.7.1 greylisted"});
  tells(pawl({"waiting", "--step", "send-email", "--limit", "1"}), {run, "may be more than these 1"});
  ends(on_call.act({"cancel", run, "--note", "told by phone"}), 0, {"cancelling"});

  REQUIRE(eventually([&] { return status_of(run) == "cancelled"; }));
  CHECK_THAT(event_reason(), Catch::StartsWith("cancelled by ") && Catch::EndsWith("told by phone"));
  CHECK(mails_to("owner") == 1);
  CHECK(mails_to("admin") == 0);
  tells(pawl({"show", run}), {"cancelled", "told by phone"});
}

TEST_CASE(
    "incident 2: a step that is paused says since when, its next probe and how many wait, and is probed at once") {
  Scene scene({"--fail", "greeting=421 4.3.2 closing"});
  scene.fail_syncs(3);
  PawlProcess worker({"worker"}, scene.environment());
  REQUIRE(eventually([&] { return scene.count("pawl.v1_circuits where held > 0") == "1"; }));

  Operator on_call(scene.environment());
  const Json status = on_call.ask_json({"status"});
  REQUIRE(status["paused_steps"].size() == 1);
  const Json& paused = status["paused_steps"][0];
  CHECK(paused["step"] == "send-email");
  CHECK_THAT(paused["reason"].get<std::string>(), Catch::Contains("421"));
  CHECK(paused["since"].is_string());
  CHECK(paused["held"].get<int>() > 0);
  const Json waiting = on_call.ask_json({"waiting"});
  REQUIRE(waiting.size() == 3);
  for (const Json& one : waiting)  // one of them may be probing
    if (one["state"] == "paused") CHECK((one["next_at"].is_null() || one["next_at"] > one["since"]));
  scene.smtp.tell("clear");
  ends(on_call.act({"retry-now", waiting[0]["run"].get<std::string>()}), 0, {"retrying"});

  REQUIRE(eventually([&] { return scene.settled(); }));
  CHECK(scene.event_status() == "done");
  CHECK(scene.smtp.received().size() == 6);
}

TEST_CASE("incident 3: a run that was begun again and fails over doubted mails answers for them by its own id") {
  Scene scene({"--fail", "dot=drop"});
  scene.organisation.fail_sync();
  const Environment hold = scene.environment({{"PAWL_IN_DOUBT", "hold"}});
  REQUIRE(run_pawl({"worker", "--until-idle"}, hold).code == 0);
  const Completed begun = run_pawl({"rerun", scene.only_run(), "--reason", "to be sure", "-o", "json"}, hold);
  ends(begun, 0);
  const std::string run = Json::parse(begun.out).at(0)["run"];
  REQUIRE(run_pawl({"worker", "--until-idle"}, hold).code == 0);
  REQUIRE(scene.status_of(run) == "failed");
  tells(run_pawl({"show", run}, hold), {"in_doubt"});

  ends(run_pawl({"in-doubt", "resolve", run.substr(24), "--user", "owner@acme.example", "--sent"}, hold), 0,
       {run, "1 sent", "resumed"});
  ends(run_pawl({"in-doubt", "resolve", run, "--sent"}, hold), 0, {run, "1 sent"});
  ends(run_pawl({"in-doubt", "resolve", run, "--sent"}, hold), 4, {"not in doubt"});
  tells(run_pawl({"show", run}, hold), {"resolve-in-doubt"});
  REQUIRE(run_pawl({"worker", "--until-idle"}, hold).code == 0);
  CHECK(scene.status_of(run) == "done");
}

TEST_CASE("incident 3: mails in doubt are held, and somebody who knows says of each which it was") {
  Scene scene({"--fail", "dot=drop"});
  scene.organisation.fail_sync();
  const Environment hold = scene.environment(
      {{"PAWL_IN_DOUBT", "hold"}, {"PAWL_RETRY_NOTIFY_SYNC_FAILURE_SEND_EMAIL", "first=10ms,longest=10ms,for=1h"}});
  REQUIRE(run_pawl({"worker", "--until-idle"}, hold).code == 0);
  REQUIRE(scene.count("pawl.v1_emails where state = 'in_doubt'") == "2");
  const std::string run = scene.only_run();
  scene.smtp.tell("clear");
  scene.smtp.forget();

  Operator first(hold);
  tells(first.ask({"status"}), {"2 mails in doubt", "pawl in-doubt"});
  tells(first.ask({"in-doubt"}), {run, "owner@acme.example", "admin@acme.example", "held: its run has failed"});
  ends(first.act({"in-doubt", "resolve", run, "--user", "owner@acme.example", "--sent", "--note", "relay log 03:02"}),
       0, {"1 sent"});
  Operator second(hold);
  ends(second.act({"in-doubt", "resolve", run, "--user", scene.organisation.admin, "--not-sent"}), 0, {"1 not sent"});

  REQUIRE(run_pawl({"worker", "--until-idle"}, hold).code == 0);
  CHECK(scene.event_status() == "done");
  CHECK(scene.count("pawl.v1_emails where state = 'accepted'") == "2");
  CHECK(scene.mails_to("owner") == 0);
  CHECK(scene.mails_to("admin") == 1);
  CHECK(scene.count("notifications") == "2");
  ends(run_pawl({"in-doubt", "resolve", run, "--user", "nobody@acme.example", "--sent"}, hold), 3,
       {"nobody@acme.example"});
}
