// A worker that is dead or hangs, a Postgres that is away, a disk that is full; and three hosts, one without its disk.
#include <algorithm>
#include <fstream>
#include <memory>

#include "storage/postgres/connection.h"
#include "tests/bin/incidents/scene.h"

using namespace pawl::bin;

namespace {

/// A run that a worker has while it waits for the relay's answer to a recipient.
struct InFlight : Scene {
  InFlight() : Scene({"--fail", "rcpt=stall"}) {
    organisation.fail_sync();
    worker = std::make_unique<PawlProcess>(
        Command{"worker"}, environment({{"PAWL_RETRY_NOTIFY_SYNC_FAILURE_SEND_EMAIL", "first=10ms,longest=10ms"}}));
    REQUIRE(eventually([&] { return smtp.count("RCPT") > 0; }));
  }
  void check_told_once() {
    CHECK(event_status() == "done");
    CHECK(smtp.received().size() == 2);
    CHECK(count("notifications") == "2");
    check_shown_once();
  }

  std::unique_ptr<PawlProcess> worker;
};

}  // namespace

TEST_CASE_METHOD(InFlight, "incident 7: that the worker is dead is said on any host, and a new one goes on") {
  kill_worker(*worker);
  smtp.tell("clear");
  expire_leases();

  Operator on_call(environment());
  ends(on_call.ask({"status"}), 1, {"no worker lives", "is silent since", "holds 1 run", "start one: `pawl worker`"});
  tells(on_call.ask({"runs"}), {"no worker has " + checkpoints() + " open"});
  ends(on_call.act({"worker", "--until-idle"}), 0);
  check_told_once();
}

TEST_CASE_METHOD(InFlight, "incident 7: a worker that is frozen counts as silent, and another host takes over") {
  worker->signal(SIGSTOP);
  smtp.tell("clear");
  expire_leases();

  Operator on_call(host("second"));
  ends(on_call.ask({"status"}), 1, {"is silent since", "holds 1 run", checkpoints()});
  ends(on_call.act({"worker", "--until-idle", "--log-level", "info"}), 0, {"set free what a worker that is gone had"});
  check_told_once();
  CHECK(count("pawl.v1_takeovers") == "1");
}

TEST_CASE_METHOD(InFlight, "incident 7: a relay that is frozen shows the step in flight, and where, and since when") {
  REQUIRE(eventually([&] { return count("pawl.v1_calls") == "1"; }));
  Operator on_call(host("another"));
  const Json status = on_call.ask_json({"status"});
  REQUIRE(status["long_calls"].size() == 1);
  CHECK(status["long_calls"][0]["step"] == "send-email");
  CHECK(status["long_calls"][0]["since"].is_string());
  const Json waiting = on_call.ask_json({"waiting"});
  REQUIRE(waiting.size() == 1);
  CHECK_THAT(waiting[0]["reason"].get<std::string>(), Catch::Contains("a call of step send-email is out there"));
  smtp.tell("clear");
  smtp.tell("hangup");  // what a relay does that is started anew

  REQUIRE(eventually([&] { return settled(); }));
  check_told_once();
}

TEST_CASE("incident 7: a Postgres that refuses everybody is named by each verb, and the worker goes on by itself") {
  Scene scene;
  scene.organisation.fail_sync();
  REQUIRE(scene.work().code == 0);
  PawlProcess worker({"worker"}, scene.environment());
  REQUIRE(eventually([&] { return scene.lives(); }));
  pawl::storage::PostgresConnection administrator("dbname=postgres");
  const auto allow = [&](const std::string& word) {
    administrator.run("close the database", "alter database " + scene.database.name + " allow_connections " + word, {});
  };
  allow("false");
  scene.database.exec(
      "select pg_terminate_backend(pid) from pg_stat_activity"
      " where datname = current_database() and pid <> pg_backend_pid()");

  Operator on_call(scene.environment({{"PAWL_CONNECT_TIMEOUT", "0s"}}));
  ends(on_call.ask({"status"}), 1, {"not currently accepting connections"});
  tells(on_call.ask({"doctor"}), {"not currently accepting connections", "what to do"});
  const std::string run = scene.only_run();
  ends(scene.pawl({"show", run}), 0, {"send-email", "not currently accepting connections"});

  allow("true");
  scene.organisation.fail_sync();
  REQUIRE(eventually([&] { return scene.count("pawl.v1_events where status = 'done'") == "2"; }));
  stop_worker(worker);
  CHECK(scene.smtp.received().size() == 4);
}

TEST_CASE("incident 7: a full disk is told with how much is left, nothing takes effect, and room is all it needs") {
  Scene scene;
  REQUIRE(scene.work().code == 0);
  const std::string control = scene.folder.path() + "/control";
  const auto disk = [&](const std::string& word) {
    std::ofstream(control + ".new") << word << '\n';
    std::filesystem::rename(control + ".new", control);
  };
  const Environment on_disk = scene.environment(
      {{"LD_PRELOAD", PAWL_DISK_FAULTS}, {"PAWL_DISK_PREFIX", scene.checkpoints()}, {"PAWL_DISK_CONTROL", control}});
  PawlProcess worker({"worker"}, on_disk);
  REQUIRE(eventually([&] { return scene.lives(); }));
  disk("enospc");
  scene.organisation.fail_sync();
  REQUIRE(eventually([&] { return worker.err().find("checkpoints cannot be written") != std::string::npos; }));

  Operator on_call(on_disk);
  ends(on_call.ask({"doctor"}), 1, {"the disk of " + scene.checkpoints() + " has 0 MiB left", "make room"});
  CHECK(scene.count("notifications") == "0");
  CHECK(scene.smtp.received().empty());
  disk("ok");
  REQUIRE(eventually([&] { return scene.event_status() == "done"; }));
  CHECK(scene.smtp.received().size() == 2);
}

TEST_CASE("incident 9: all runs of three hosts are seen from any place, also those of a disk that is gone") {
  Scene scene;
  const auto work_on = [&](const std::string& name) {
    scene.organisation.fail_sync("seen by " + name);
    REQUIRE(run_pawl({"worker", "--until-idle"}, scene.host(name)).code == 0);
  };
  work_on("first");
  work_on("second");
  scene.smtp.tell("rcpt=stall");
  scene.organisation.fail_sync("seen by third");
  PawlProcess third({"worker"}, scene.host("third"));
  REQUIRE(eventually([&] { return scene.smtp.count("RCPT") > 4; }));
  const std::string run = scene.database.value("select id from pawl.outbox");
  kill_worker(third);
  for (const char* suffix : {".db", ".db-wal", ".db-shm", ".db.lock"})
    std::filesystem::remove(scene.folder.path() + "/third" + suffix);
  scene.smtp.tell("clear");
  scene.expire_leases();

  Operator on_call(scene.host("fourth"));
  const std::string lost = scene.folder.path() + "/third.db";
  ends(on_call.ask({"status"}), 1, {lost, "is silent since", "holds 1 run"});
  const Completed listed = on_call.ask({"runs"});
  ends(listed, 0, {run, "leased", "done"});
  CHECK(std::count(listed.out.begin(), listed.out.end(), '\n') == 4);
  ends(on_call.act({"worker", "--until-idle"}), 0);

  CHECK(scene.count("pawl.v1_events where status = 'done'") == "3");
  CHECK(scene.smtp.received().size() == 6);
  scene.check_shown_once();
  Operator later(scene.host("fifth"));
  ends(later.ask({"show", run.substr(24)}), 0, {"done", "takeover", scene.folder.path() + "/fourth.db"});
  tells(later.ask({"status"}), {"dead", lost});
}
