// What is answered to a wrong id, a verb that does not fit, a careless bulk, a bad copy, a write and a typing error.
#include <SQLiteCpp/SQLiteCpp.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "storage/postgres/connection.h"
#include "tests/bin/incidents/scene.h"

using namespace pawl::bin;

namespace {

constexpr const char* kUnknown = "019abd4c-0e55-7a01-8000-6b1d00000c3a";
constexpr const char* kTwo[] = {"0190aaaa-0000-7000-8000-000000c0ffee", "0190bbbb-0000-7000-8000-000000c0ffee"};

/// Every verb that takes a run, with what else it needs.
std::vector<Command> verbs_of_a_run(const std::string& id) {
  return {{"show", id},
          {"replay", id},
          {"waiting", id},
          {"resume", id},
          {"cancel", id},
          {"retry-now", id},
          {"rerun", id, "--reason", "to be sure"},
          {"requeue", id, "--data", "-"},
          {"dismiss", id, "--reason", "no more"},
          {"export", id, "--to", "/nonexistent/copy.db"},
          {"in-doubt", "resolve", id, "--sent"}};
}

std::string joined(const Command& command) {
  std::string text;
  for (const std::string& word : command) text.append(text.empty() ? "" : " ").append(word);
  return text;
}

/// What the command writes to a terminal of so many columns.
std::string on_terminal(const Command& command, const Environment& environment, unsigned short columns) {
  std::vector<std::string> words{"pawl"};
  words.insert(words.end(), command.begin(), command.end());
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const winsize size{40, columns, 0, 0};
  int terminal = -1;
  const pid_t child = forkpty(&terminal, nullptr, nullptr, &size);
  if (child == 0) {
    for (const auto& [name, value] : environment_for(command.front(), environment))
      setenv(name.c_str(), value.c_str(), 1);
    setenv("NO_COLOR", "1", 1);
    execv(PAWL_BINARY, arguments.data());
    _exit(127);
  }
  std::string shown;
  for (char part[4096];;) {
    const ssize_t got = read(terminal, part, sizeof part);
    if (got <= 0) break;
    shown.append(part, static_cast<std::size_t>(got));
  }
  int status = -1;
  waitpid(child, &status, 0);
  close(terminal);
  CHECK(status == 0);
  return shown;
}

}  // namespace

TEST_CASE("incident 11: an id that nobody knows is not found by any verb, and says where to look") {
  Scene scene;
  scene.organisation.fail_sync();
  REQUIRE(scene.work().code == 0);
  for (const Command& command : verbs_of_a_run(kUnknown)) {
    INFO(joined(command));
    const Completed done = run_pawl(command, scene.environment(), "{}");
    INFO(done.out << done.err);
    CHECK(done.code == 3);
    CHECK(done.out.size() + done.err.size() > 20);
    CHECK(done.out.find("refused") == std::string::npos);
  }
  CHECK(scene.count("pawl.v1_events") == "1");
}

TEST_CASE("incident 11: part of an id that fits several runs is answered with the candidates, and nothing is done") {
  Scene scene;
  for (const char* id : kTwo)
    scene.database.exec(
        "select pawl.emit('pms/connection.sync.failed', 'pms_connection', 'x', '{\"org_id\": 7}', $1::uuid)", {id});
  REQUIRE(scene.work().code == 0);
  for (const Command& command : verbs_of_a_run("c0ffee")) {
    if (command.front() == "in-doubt") continue;  // among the runs with a mail in doubt, of which there is none
    INFO(joined(command));
    ends(run_pawl(command, scene.environment(), "{}"), 3, {kTwo[0], kTwo[1]});
  }
  for (const Command& command : verbs_of_a_run("c0ffee")) {
    if (command.front() == "in-doubt" || command.front() == "replay" || command.front() == "export") continue;
    INFO(joined(command));
    ends(run_pawl(command, scene.host("another"), "{}"), 3, {kTwo[0], kTwo[1]});
  }
  ends(run_pawl({"show", "0190bbbb"}, scene.host("another")), 0, {kTwo[1]});
  CHECK(scene.count("pawl.v1_events where status = 'failed'") == "2");
  CHECK(scene.count("pawl.commands") == "0");
  ends(run_pawl({"dismiss", "0190bbbb", "--reason", "told by phone"}, scene.host("another")), 0,
       {kTwo[1], "dismissed"});
}

TEST_CASE("incident 11: part of an id that fits a run here and one of another host changes neither") {
  Scene scene;
  for (const auto& [id, host] : {std::pair{kTwo[0], scene.environment()}, std::pair{kTwo[1], scene.host("another")}}) {
    scene.database.exec(
        "select pawl.emit('pms/connection.sync.failed', 'pms_connection', 'x', '{\"org_id\": 7}', $1::uuid)", {id});
    REQUIRE(run_pawl({"worker", "--until-idle"}, host).code == 0);
    scene.expire_leases();
  }
  for (const Command& command : verbs_of_a_run("c0ffee")) {
    if (command.front() == "show" || command.front() == "waiting") continue;  // they change nothing
    if (command.front() == "in-doubt" || command.front() == "replay" || command.front() == "export") continue;
    INFO(joined(command));
    ends(run_pawl(command, scene.environment(), "{}"), 3, {kTwo[0], kTwo[1]});
  }
  CHECK(scene.count("pawl.v1_events where status = 'failed'") == "2");
  CHECK(scene.count("pawl.commands") == "0");
}

TEST_CASE("a verb that does not fit the state of its run is refused, and names the verb that does") {
  Scene scene;
  scene.organisation.fail_sync();
  REQUIRE(scene.work().code == 0);
  const std::string done = scene.only_run();
  scene.database.exec(
      "select pawl.emit('pms/connection.sync.failed', 'pms_connection', 'x', '{\"org_id\": 7}', $1::uuid)", {kTwo[0]});
  REQUIRE(scene.work().code == 0);
  const std::string failed = kTwo[0];
  scene.expire_leases();
  scene.organisation.fail_sync();
  const std::string pending = scene.database.value("select id from pawl.outbox");
  const std::string payload = scene.database.value("select payload from pawl.outbox");

  const std::vector<std::pair<Command, std::string>> refusals{{{"resume", done}, "pawl rerun"},
                                                              {{"resume", pending}, "pawl retry-now"},
                                                              {{"cancel", done}, "pawl rerun"},
                                                              {{"cancel", failed}, "pawl resume"},
                                                              {{"retry-now", failed}, "pawl resume"},
                                                              {{"retry-now", done}, "pawl rerun"},
                                                              {{"rerun", pending, "--reason", "why"}, "pawl cancel"},
                                                              {{"requeue", done, "--data", "-"}, "pawl rerun"},
                                                              {{"requeue", pending, "--data", "-"}, "pawl cancel"},
                                                              {{"dismiss", pending, "--reason", "why"}, "pawl cancel"},
                                                              {{"dismiss", done, "--reason", "why"}, "pawl rerun"}};
  for (const auto& [command, fitting] : refusals) {
    INFO(joined(command));
    ends(run_pawl(command, scene.environment(), payload), 4, {fitting});
  }
  ends(scene.pawl({"in-doubt", "resolve", done, "--sent"}), 4, {"not in doubt", "pawl in-doubt"});
  CHECK(scene.status_of(done) == "done");
  CHECK(scene.status_of(failed) == "failed");
  CHECK(scene.status_of(pending) == "pending");
  CHECK(scene.count("pawl.v1_events") == "3");
}

TEST_CASE("a bulk verb without a filter, or without --yes, is refused with the count, and changes nothing") {
  Scene scene({"--fail", "rcpt=550 5.1.1 no such user"});
  scene.fail_syncs(3);
  REQUIRE(scene.work().code == 0);
  ends(scene.pawl({"resume"}), 4, {"3 runs have failed"});
  ends(scene.pawl({"resume", "--yes"}), 4, {"3 runs have failed", "--failed for all"});
  ends(scene.pawl({"resume", "--failed"}), 4, {"3 runs would be resumed", "--yes"});
  ends(scene.pawl({"resume", "--step", "send-email", "--since", "1h"}), 4, {"3 runs would be resumed"});
  CHECK(scene.count("pawl.v1_events where status = 'failed' and resumes = 0") == "3");
  scene.expire_leases();
  scene.fail_syncs(2);
  for (const char* verb : {"cancel", "retry-now"})
    for (const Command& command : std::vector<Command>{{verb}, {verb, "--yes"}})
      ends(scene.pawl(command), 4, {"2 runs have not ended", "--since 2h"});
  CHECK(scene.count("pawl.outbox where mark is null") == "2");
  CHECK(scene.count("pawl.batches") == "0");
}

TEST_CASE("a copy that is newer, cut short, or of somebody else is refused by each verb in clear words") {
  Scene scene;
  scene.organisation.fail_sync();
  REQUIRE(scene.work().code == 0);
  const std::string run = scene.only_run(), good = scene.folder.path() + "/good.db";
  SQLite::Database(scene.checkpoints(), SQLite::OPEN_READWRITE).exec("vacuum into '" + good + "'");
  const auto copy = [&](const std::string& name) {
    std::filesystem::copy_file(good, scene.folder.path() + "/" + name);
    return scene.folder.path() + "/" + name;
  };
  const std::string newer = copy("newer.db"), foreign = copy("foreign.db"), cut = copy("cut.db"),
                    text = copy("text.db");
  SQLite::Database(newer, SQLite::OPEN_READWRITE)
      .exec("insert into migrations values (999, '999_of_next_year.sql', 'select 1', 0)");
  SQLite::Database(foreign, SQLite::OPEN_READWRITE).exec("pragma application_id = 17");
  std::filesystem::resize_file(cut, std::filesystem::file_size(cut) / 2);
  std::ofstream(text) << "run,status\n" << std::string(2000, 'x');

  for (const auto& [file, words] : std::vector<std::pair<std::string, std::string>>{
           {newer, "written by a newer pawl (migration 999_of_next_year.sql)"},
           {foreign, "no checkpoint file of pawl's"},
           {cut, "damaged"},
           {text, "file is not a database"},
           {scene.folder.path() + "/missing.db", "no such file"}})
    for (const Command& command :
         std::vector<Command>{{"replay", run, "--from-file", file},
                              {"replay", "--from-file", file},
                              {"export", "--all", "--to", scene.folder.path() + "/out.db", "--checkpoints", file},
                              {"sql", "select count(*) from v1_steps", "--checkpoints", file}}) {
      INFO(joined(command));
      const Completed done = scene.pawl(command);
      ends(done, 4, {words, file});
      CHECK(done.out.empty());
    }
  for (const std::string& file : {newer, foreign, cut, text}) {
    const Environment with = scene.environment({{"PAWL_CHECKPOINTS", file}});
    for (const Command& command : std::vector<Command>{{"runs"}, {"show", run}, {"waiting"}}) {
      INFO(joined(command) + " " + file);
      const Completed done = run_pawl(command, with);
      ends(done, 4, {file});
      CHECK(done.out.empty());
    }
    for (const char* verb : {"status", "doctor"}) ends(run_pawl({verb}, with), 1, {"problem: ", file});
  }
  CHECK_FALSE(std::filesystem::exists(scene.folder.path() + "/out.db"));
  ends(scene.pawl({"replay", "--from-file", good}), 0);
}

TEST_CASE("a write through sql is refused by the database that it would change") {
  Scene scene;
  scene.organisation.fail_sync();
  REQUIRE(scene.work().code == 0);
  const std::string aside = scene.folder.path() + "/aside.db";
  for (const std::string& statement :
       {std::string("delete from runs"), std::string("update steps set failed = 1"),
        std::string("with gone as (select run from runs) delete from runs where run in gone"),
        std::string("delete from v1_runs"), std::string("update v1_steps set failed = 1"),
        std::string("insert into v1_runs (run_id) values ('x')"), std::string("delete from sqlite_schema"),
        std::string("create table mine (a)"), std::string("pragma user_version = 7"), std::string("begin immediate"),
        "attach '" + aside + "' as aside", "vacuum into '" + aside + "'"}) {
    INFO(statement);
    ends(scene.pawl({"sql", statement}), 4, {"this only reads"});
  }
  CHECK_FALSE(std::filesystem::exists(aside));
  CHECK(scene.pawl({"sql", "select count(*) from v1_runs where status = 'done'", "-o", "ids"}).out == "1\n");
  ends(scene.pawl({"sql", "selec 1"}), 1, {"syntax error"});
}

TEST_CASE("incident 11: what is mistyped is answered with what was meant, and what is missing with its name") {
  Scene scene;
  ends(scene.pawl({"shwo", "9b3e71"}), 2, {"did you mean show?"});
  ends(scene.pawl({"runs", "--sicne", "1h"}), 2, {"--since"});
  ends(scene.pawl({"runs", "--since", "yesterday"}), 2, {"yesterday"});
  ends(scene.pawl({"resume", "--failed", "--rate", "fast", "--yes"}), 2, {"20/s"});
  ends(scene.pawl({"emit", "pms/connection.sync.faild", "--aggregate-type", "pms_connection", "--aggregate-id", "1",
                   "--data", "{}"}),
       4, {"did you mean pms/connection.sync.failed?"});
  ends(run_pawl({"worker"}, {{"PAWL_POSTGRES", scene.database.conninfo}, {"PAWL_CHECKPOINTS", scene.checkpoints()}}), 2,
       {"PAWL_MAIL", "PAWL_APP_URL"});
  CHECK(scene.count("pawl.outbox") == "0");
}

TEST_CASE("incident 11: a login without the rights is told which it lacks") {
  Scene scene;
  scene.organisation.fail_sync();
  REQUIRE(scene.work().code == 0);
  const std::string login = "nobody_of_" + scene.database.name;
  scene.database.exec("create role " + login + " login password 'of-this-test'");
  const Environment nobody = scene.environment(
      {{"PAWL_POSTGRES", "dbname=" + scene.database.name + " user=" + login + " password=of-this-test"}});
  const std::string run = scene.only_run();
  const std::vector<Command> commands{{"resume", "--failed"}, {"resume", run}, {"dismiss", run, "--reason", "x"}};
  for (const Command& command : commands) {
    INFO(joined(command));
    ends(run_pawl(command, nobody), 4, {"permission denied", "grant"});
  }
  ends(run_pawl({"status"}, nobody), 1, {"permission denied", "grant"});
  ends(run_pawl({"show", run}, nobody), 0, {"send-email", "permission denied"});
  scene.database.exec("drop role " + login);
}

TEST_CASE("incident 11: a narrow terminal breaks no row, a pipe gets whole lines, and a reader that leaves ends it") {
  Scene scene({"--fail", "rcpt=550 5.1.1 no such user in a reason that is much longer than the terminal is wide"});
  scene.fail_syncs(3);
  REQUIRE(scene.work().code == 0);
  const std::string run = scene.database.value("select min(run_id::text) from pawl.v1_events");
  for (const Environment& host : {scene.environment(), scene.host("another")})
    for (const Command& command : std::vector<Command>{{"runs"}, {"show", run}}) {
      INFO(joined(command));
      const std::string narrow = on_terminal(command, host, 100);
      std::size_t at = 0;
      for (std::size_t end = 0; (end = narrow.find('\n', at)) != std::string::npos; at = end + 1) {
        const std::string line = narrow.substr(at, end - at);
        if (line.starts_with("pawl: ")) continue;  // a sentence on the error stream
        CHECK(std::ranges::count_if(line, [](unsigned char byte) { return (byte & 0xC0) != 0x80; }) <=
              101);  // with the carriage return
      }
    }
  CHECK_THAT(scene.pawl({"runs"}).out, Catch::Contains("much longer than the terminal is wide"));

  std::string script = "set -o pipefail; '" PAWL_BINARY "' runs -o ids | head -n 1";
  const Environment environment = environment_for("runs", scene.environment());
  for (const auto& [name, value] : environment) setenv(name.c_str(), value.c_str(), 1);
  const std::string out = scene.folder.path() + "/piped";
  CHECK(std::system(("bash -c \"" + script + "\" > " + out).c_str()) == 0);
  for (const auto& [name, value] : environment) unsetenv(name.c_str());
  std::ifstream piped(out);
  std::string line;
  CHECK(std::getline(piped, line));
  CHECK(line.size() == 36);
}
