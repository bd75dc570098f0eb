// What the verbs say of the fleet: status, doctor, waiting, top, and runs that this host's checkpoints do not know.
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <fstream>

#include "tests/bin/worker/job.h"

using namespace pawl::bin;

namespace {

using Json = nlohmann::json;

/// A job whose worker may run beside the verbs; the fixture's Postgres has fsync off, which doctor rightly minds.
struct Fixture : Job {
  Fixture() : Job() {}

  Environment elsewhere(Environment more = {}) const {
    more["PAWL_CHECKPOINTS"] = folder.path() + "/another-host.db";
    return environment(std::move(more));
  }
  Completed from_elsewhere(const std::vector<std::string>& arguments) const { return run_pawl(arguments, elsewhere()); }
  Json json(std::vector<std::string> arguments, const Environment& environment) const {
    arguments.insert(arguments.end(), {"-o", "json"});
    const Completed done = run_pawl(arguments, environment);
    INFO(done.err);
    return Json::parse(done.out);
  }
  Json json(const std::vector<std::string>& arguments) const { return json(arguments, environment()); }
  bool lives() { return count("pawl.v1_stores where state = 'living'") == "1"; }
  static bool finds(const Json& document, const std::string& part) {
    for (const Json& finding : document["findings"])
      if (finding["what"].get<std::string>().find(part) != std::string::npos) return true;
    return false;
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "status with a worker that keeps up says that nothing is wrong, and on which host it runs") {
  PawlProcess worker({"worker"}, environment());
  organisation.fail_sync();
  REQUIRE(eventually([&] { return event_status() == "done"; }));
  const Completed status = pawl({"status"});
  INFO(status.out << status.err);
  CHECK(status.code == 0);
  CHECK_THAT(status.out, Catch::StartsWith("nothing is wrong") && Catch::Contains(checkpoints()) &&
                             Catch::Contains("notify-sync-failure"));
  const Json document = json({"status"});
  CHECK(document["ok"] == true);
  REQUIRE(document["workers"].size() == 1);
  CHECK(document["workers"][0]["state"] == "living");
  CHECK(document["workers"][0]["pid"] == worker.pid());
  CHECK(document["workers"][0]["leased"] == 0);
  CHECK(document["workers"][0]["checkpoints"] == checkpoints());
  CHECK(document["in_doubt"] == 0);
  CHECK(document["oldest_run"].is_null());
  CHECK(document["local"]["unfinished"] == 0);
  CHECK(json({"status"}, elsewhere())["local"].is_null());
}

TEST_CASE_METHOD(Fixture, "status says that no worker lives, what failed and why, and ends with 1") {
  smtp.tell("rcpt=550 5.1.1 no such user");
  organisation.fail_sync();
  REQUIRE(work().code == 0);
  organisation.fail_sync();
  const Completed status = from_elsewhere({"status"});
  CHECK(status.code == 1);
  CHECK_THAT(status.out, Catch::Contains("problem: no worker lives") &&
                             Catch::Contains("1 run of notify-sync-failure failed") && Catch::Contains("550 5.1.1") &&
                             Catch::Contains("what to do: "));
  const Json document = json({"status"}, elsewhere());
  CHECK(document["ok"] == false);
  REQUIRE(document["failures"].size() == 1);
  CHECK(document["failures"][0]["last_hour"] == 1);
  CHECK(document["failures"][0]["last_day"] == 1);
  REQUIRE(document["backlog"].size() == 1);
  CHECK(document["backlog"][0]["due"] == 1);
  CHECK(document["backlog"][0]["oldest_seconds"].is_number());
  CHECK(document["oldest_run"] == database.value("select id from pawl.outbox"));
}

TEST_CASE_METHOD(Fixture, "status without Postgres fails and says so") {
  const Completed status = run_pawl({"status"}, environment({{"PAWL_POSTGRES", "host=/nonexistent"}}));
  CHECK(status.code == 1);
  CHECK_THAT(status.out, Catch::Contains("Postgres could not be asked") && Catch::Contains("/nonexistent"));
  const Json document = json({"status"}, environment({{"PAWL_POSTGRES", "host=/nonexistent"}}));
  CHECK(document["ok"] == false);
  CHECK(document["local"].is_null());
}

TEST_CASE_METHOD(Fixture, "doctor looks at every part, says where each setting came from, and shows no secret") {
  PawlProcess worker({"worker"}, environment());
  REQUIRE(eventually([&] { return lives(); }));
  std::filesystem::create_directory(folder.path() + "/etc");
  std::ofstream(folder.path() + "/etc/pawl.ini") << "lease = 45s\n";
  const Environment given = environment({{"PAWL_POSTGRES", database.conninfo + " sslpassword=hunter2hunter2"},
                                         {"PAWL_CONFIG", folder.path() + "/etc/pawl.ini"}});
  const Completed told = run_pawl({"doctor", "--hang-after", "20m"}, given);
  CHECK_THAT(told.out, Catch::Contains("postgres\n") && Catch::Contains("fleet\n") &&
                           Catch::Contains("checkpoints\n") && Catch::Contains("mail\n") &&
                           !Catch::Contains("hunter2hunter2"));
  const Json document = json({"doctor", "--hang-after", "20m"}, given);
  CHECK(document["settings"]["hang-after"] == Json({{"value", "20m"}, {"source", "flag"}}));
  CHECK(document["settings"]["lease"] == Json({{"value", "45s"}, {"source", "file"}}));
  CHECK(document["settings"]["mail-from"]["source"] == "environment");
  CHECK(document["settings"]["retention"]["source"] == "default");
  CHECK(document["postgres"]["migrations"] == "all of this build");
  CHECK(document["fleet"]["living_workers"] == 1);
  CHECK_THAT(document["fleet"]["worker_1"].get<std::string>(), Catch::Contains(checkpoints()));
  CHECK(document["postgres"]["clock_ahead_by_ms"].is_number());
  CHECK(document["checkpoints"]["open_in_a_worker"] == true);
  CHECK(document["checkpoints"]["pages"] == "all in order");
  CHECK(document["mail"]["relay"] == "answers and takes the login; nothing was sent");
  CHECK(smtp.count("EHLO") >= 1);
  CHECK(smtp.count("MAIL") == 0);
  CHECK(smtp.received().empty());
  for (const Json& finding : document["findings"])
    if (finding["weight"] == "problem") CHECK_THAT(finding["what"].get<std::string>(), Catch::Contains("fsync"));
}

TEST_CASE_METHOD(Fixture, "doctor tells of each part that is broken, and looks at the others all the same") {
  organisation.fail_sync();
  smtp.tell("greeting=421 4.3.2 closing");
  const Environment broken = environment({{"PAWL_POSTGRES", "host=/nonexistent"}});
  const Completed told = run_pawl({"doctor"}, broken);
  CHECK(told.code == 1);
  CHECK_THAT(told.out, Catch::Contains("/nonexistent") && Catch::Contains("the relay cannot be used") &&
                           Catch::Contains("421") && Catch::Contains("there is no checkpoint file"));
  const Json document = json({"doctor"});
  CHECK(finds(document, "no worker lives"));
  CHECK(finds(document, "the relay cannot be used"));
  database.exec("delete from pawl.workflows");
  CHECK(finds(json({"doctor"}), "is not registered"));
}

TEST_CASE_METHOD(Fixture, "doctor says that no relay is configured, and not that nobody mails") {
  const std::string relay = json({"doctor"}, environment({{"PAWL_MAIL", ""}}))["mail"]["relay"];
  CHECK_THAT(relay, Catch::Contains("PAWL_MAIL"));
}

TEST_CASE_METHOD(Fixture, "doctor tells of a file that is damaged, and of one whose worker is away") {
  organisation.fail_sync();
  REQUIRE(work().code == 0);
  const Json fine = json({"doctor"});
  CHECK(fine["checkpoints"]["open_in_a_worker"] == false);
  CHECK_FALSE(finds(fine, checkpoints()));
  std::filesystem::resize_file(checkpoints(), std::filesystem::file_size(checkpoints()) - 4096);
  CHECK(json({"doctor"})["ok"] == false);
  CHECK(finds(json({"doctor"}), checkpoints()));
  CHECK(pawl({"status"}).code == 1);
  CHECK(finds(json({"status"}), "the checkpoint file could not be read"));
}

TEST_CASE_METHOD(Fixture, "a run that waits says why, since when, when it is tried next and when it gives up") {
  smtp.tell("rcpt:admin=451 4.3.0 later");
  const Environment given = environment({{"PAWL_RETRY_NOTIFY_SYNC_FAILURE_SEND_EMAIL", "first=1h,longest=1h,for=2h"}});
  PawlProcess worker({"worker"}, given);
  organisation.fail_sync();
  REQUIRE(eventually([&] {  // by the file: Postgres calls a run waiting that no worker has seen yet
    return pawl({"sql", "select 1 from v1_runs where status = 'waiting'", "-o", "ids"}).out == "1\n";
  }));
  const Json waiting = json({"waiting"}, given);
  REQUIRE(waiting.size() == 1);
  CHECK(waiting[0]["state"] == "backoff");
  CHECK(waiting[0]["source"] == "checkpoints");
  CHECK(waiting[0]["step"] == "send-email");
  CHECK(waiting[0]["attempts"] == 1);
  CHECK_THAT(waiting[0]["reason"].get<std::string>(), Catch::Contains("451 4.3.0"));
  CHECK(waiting[0]["since"] < waiting[0]["next_at"]);
  CHECK(waiting[0]["next_at"] < waiting[0]["gives_up_at"]);
  CHECK(json({"sql", "select gives_up_at from v1_waiting"}, given)[0]["gives_up_at"] == waiting[0]["gives_up_at"]);
  const Json shown = json({"show", waiting[0]["run"].get<std::string>()}, given);
  CHECK(shown["waiting"] == waiting[0]);
  CHECK(shown["batch"].is_null());
  CHECK_THAT(run_pawl({"show", waiting[0]["run"].get<std::string>()}, given).out,
             Catch::Contains("waits") && Catch::Contains("backoff: ") && Catch::Contains("gives up"));
  CHECK(json({"waiting", "--step", "send-email"}, given).size() == 1);
  CHECK(json({"waiting", "--step", "create-in-app"}, given).empty());
  CHECK(json({"waiting", "--workflow", "another"}, given).empty());

  const Json away = json({"waiting"}, elsewhere());
  REQUIRE(away.size() == 1);
  CHECK(away[0]["state"] == "leased");
  CHECK(away[0]["source"] == "postgres");
  CHECK(away[0]["attempts"].is_null());
  CHECK_THAT(away[0]["reason"].get<std::string>(), Catch::Contains(checkpoints()));
  CHECK(json({"show", away[0]["run"].get<std::string>()}, elsewhere())["waiting"]["state"] == "leased");
  CHECK(from_elsewhere({"waiting", "ffffffff"}).code == 3);
  const std::string run = database.value("select id from pawl.outbox");
  CHECK(from_elsewhere({"waiting", run.substr(24), "-o", "ids"}).out == run + "\n");
}

TEST_CASE_METHOD(Fixture,
                 "a relay that is away pauses its step for all to see: since when, the next probe, how many wait") {
  const Environment away = environment({{"PAWL_MAIL", "smtp://127.0.0.1:9?tls=none"}});
  PawlProcess worker({"worker"}, away);
  organisation.fail_sync();
  organisation.fail_sync();
  REQUIRE(eventually([&] { return count("pawl.v1_circuits where held > 0") == "1"; }));
  CHECK(database.value("select string_agg(distinct state || ' ' || step, ', ') from pawl.v1_waiting") ==
        "leased send-email");
  const Completed status = run_pawl({"status"}, away);
  CHECK(status.code == 1);
  CHECK_THAT(status.out, Catch::Contains("step send-email is paused") && Catch::Contains("it holds up "));
  Json waiting;
  CHECK(eventually([&] {  // now and then one of them moves, since it probes: what is asked next may see that
    waiting = json({"waiting"}, away);
    return waiting.size() == 2 && waiting[0]["state"] == "paused" && waiting[1]["state"] == "paused" &&
           waiting[0]["next_at"].is_string() &&
           database.value("select $1::timestamptz > now()", {waiting[0]["next_at"].get<std::string>()}) == "t" &&
           json({"show", waiting[0]["run"].get<std::string>()}, away)["waiting"]["step"] == "send-email" &&
           json({"sql",
                 "select count(*) filter (where next_at is null) as paused from v1_waiting where why = 'circuit'"},
                away)[0]["paused"] == 2;
  }));
  CAPTURE(waiting.dump());
  CHECK(waiting.at(0)["step"] == "send-email");
  CHECK(database.value("select abs(extract(epoch from since - $1::timestamptz)) < 0.01 from pawl.v1_circuits",
                       {waiting[0]["since"].get<std::string>()}) == "t");
  CHECK(finds(json({"doctor"}, away), "step send-email is paused"));
  worker.signal(SIGKILL);
  worker.wait();
  expire_leases();
  const Completed again = work();
  INFO(again.err);
  CHECK(event_status() == "done");
  CHECK(count("pawl.step_reports") == "0");
}

TEST_CASE_METHOD(Fixture, "a relay that is frozen shows the step in flight, and since when") {
  smtp.tell("rcpt=stall");
  PawlProcess worker({"worker"}, environment());
  organisation.fail_sync();
  REQUIRE(eventually([&] { return count("pawl.v1_calls where step = 'send-email'") == "1"; }));
  CHECK(database.value("select now() - since >= interval '5 s' from pawl.v1_calls") == "t");
  const Json waiting = json({"waiting"});
  REQUIRE(waiting.size() == 1);
  CHECK(waiting[0]["state"] == "moving");
  CHECK(waiting[0]["step"] == "send-email");
  CHECK_THAT(waiting[0]["reason"].get<std::string>(), Catch::Contains("a call of step send-email is out"));
  CHECK(json({"status"})["long_calls"][0]["step"] == "send-email");
}

TEST_CASE_METHOD(Fixture, "any host lists and shows the runs of a disk that is gone, by short ids too") {
  organisation.fail_sync();
  PawlProcess dead({"worker"}, environment({{"PAWL_CRASH_AT", "before-archive"}}));
  REQUIRE(dead.wait() != 0);
  lose_store();
  expire_leases();
  REQUIRE(run_pawl({"worker", "--until-idle"}, elsewhere()).code == 0);
  const std::string run = database.value("select run_id from pawl.v1_events");
  REQUIRE(std::filesystem::remove(folder.path() + "/another-host.db"));

  const Completed listed = from_elsewhere({"runs", "-o", "ids"});
  CHECK(listed.code == 0);
  CHECK(listed.out == run + "\n");
  CHECK_THAT(listed.err, Catch::Contains("from Postgres"));
  CHECK(from_elsewhere({"runs", "--status", "done", "--since", "1h", "-o", "ids"}).out == run + "\n");
  CHECK(from_elsewhere({"runs", "--status", "failed", "-o", "ids"}).out.empty());
  CHECK(from_elsewhere({"runs", "--event", run.substr(26), "-o", "ids"}).out == run + "\n");
  for (const std::string& part : {run, run.substr(0, 13), run.substr(26)}) {
    const Completed shown = from_elsewhere({"show", part});
    INFO(shown.err);
    CHECK(shown.code == 0);
    CHECK_THAT(shown.out, Catch::Contains(run) && Catch::Contains("done") && Catch::Contains("takeover"));
    CHECK_THAT(shown.err, Catch::Contains("from Postgres"));
  }
  const Json document = json({"show", run}, elsewhere());
  CHECK(document["source"] == "postgres");
  REQUIRE(document["history"].size() == 1);
  CHECK(document["history"][0]["what"] == "takeover");
  REQUIRE(document["deliveries"].size() == 4);
  CHECK(document["deliveries"][0].contains("email"));
  CHECK(document["event"]["payload"].is_object());
  CHECK(document["waiting"].is_null());
  CHECK(from_elsewhere({"show", "ffff"}).code == 3);
  CHECK(from_elsewhere({"status"}).out.find("dead") != std::string::npos);
}

TEST_CASE_METHOD(Fixture, "without file and Postgres a verb that reads says what it lacks") {
  const Environment nothing = elsewhere({{"PAWL_POSTGRES", "host=/nonexistent"}});
  const std::vector<std::vector<std::string>> verbs{{"runs"}, {"waiting"}, {"show", "9b3e71"}};
  for (const std::vector<std::string>& verb : verbs) {
    const Completed done = run_pawl(verb, nothing);
    CHECK(done.code == 1);
    CHECK_THAT(done.err, Catch::Contains("there is no checkpoint file") && Catch::Contains("/nonexistent"));
  }
}

TEST_CASE_METHOD(Fixture, "top says that Postgres cannot be asked, and goes on once it can") {
  PawlProcess top({"top", "--every", "100ms"}, environment());
  const auto looks = [&] {
    const std::string out = top.out();
    return std::count(out.begin(), out.end(), '\n');
  };
  REQUIRE(eventually([&] { return looks() > 0; }));
  database.exec("alter role test_pawl_operator nologin");
  database.exec("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'pawl top'");
  CHECK(eventually([&] { return top.err().find("Postgres could not be asked: ") != std::string::npos; }));
  database.exec("alter role test_pawl_operator login");
  const auto before = looks();
  CHECK(eventually([&] { return looks() > before; }));
  top.signal(SIGTERM);
  CHECK(top.wait() == 0);
}

TEST_CASE_METHOD(Fixture, "doctor takes a password that only the service may read for no problem of the relay") {
  const Environment given =
      environment({{"PAWL_MAIL_PASSWORD_FILE", "/run/credentials/pawl.service/pawl_mail-password"}});
  const Json document = json({"doctor"}, given);
  CHECK_THAT(document["mail"]["relay"].get<std::string>(), Catch::Contains("not looked at"));
  for (const Json& finding : document["findings"])
    if (finding["weight"] == "problem") CHECK_THAT(finding["what"].get<std::string>(), !Catch::Contains("relay"));
  CHECK(finds(document, "the relay was not looked at"));
}

TEST_CASE_METHOD(Fixture, "top prints lines into a pipe, and restores a terminal") {
  organisation.fail_sync();
  const Completed piped = pawl({"top", "--count", "2", "--every", "100ms"});
  CHECK(piped.code == 0);
  CHECK_THAT(piped.out, Catch::Contains("due 1") && Catch::Contains("emitted") && !Catch::Contains("\x1b"));
  CHECK(pawl({"top", "--every", "1ms"}).code == 2);

  const Environment by_operator = environment({{"PAWL_POSTGRES", database.login("pawl_operator")}});
  int terminal = -1;
  const pid_t top = forkpty(&terminal, nullptr, nullptr, nullptr);
  REQUIRE(top >= 0);
  if (top == 0) {
    for (const auto& [name, value] : by_operator) setenv(name.c_str(), value.c_str(), 1);
    execl(PAWL_BINARY, "pawl", "top", nullptr);
    _exit(127);
  }
  std::string shown;
  bool asked = false;
  for (char part[4096];;) {
    const ssize_t got = read(terminal, part, sizeof part);
    if (got <= 0) break;
    shown.append(part, static_cast<std::size_t>(got));
    if (!asked && shown.find("q ends") != std::string::npos) asked = write(terminal, "q", 1) == 1;
  }
  int status = -1;
  waitpid(top, &status, 0);
  close(terminal);
  CHECK(status == 0);
  CHECK_THAT(shown, Catch::Contains("no worker lives") && Catch::EndsWith("\x1b[?25h\x1b[?1049l"));
}
