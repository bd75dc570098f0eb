// What the command line says to what it cannot do, with no database at hand.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "tests/bin/commands/fixture.h"

using namespace pawl::bin;

TEST_CASE_METHOD(CommandLineFixture,
                 "help lists the verbs, the settings with their variables, examples and exit codes") {
  CHECK(run({"--help"}) == ExitCode::kDone);
  for (const char* text :
       {"migrate", "worker", "resume", "--mail-from", "PAWL_MAIL_FROM", "Examples:", "5 replay mismatch"})
    CHECK_THAT(out.str(), Catch::Contains(text));
  CHECK(err.str().empty());
}

TEST_CASE_METHOD(CommandLineFixture, "help lists the verbs before the settings") {
  CHECK(run({"--help"}) == ExitCode::kDone);
  CHECK(out.str().find("  resume ") < out.str().find("--postgres"));
  CHECK_THAT(out.str(), Catch::Contains("default 30d") && !Catch::Contains("generate"));
}

TEST_CASE_METHOD(CommandLineFixture, "each verb has a help of its own, with examples") {
  CHECK(run({"resume", "--help"}) == ExitCode::kDone);
  CHECK_THAT(out.str(), Catch::Contains("Usage: pawl resume [OPTIONS] [RUN...]") && Catch::Contains("--failed") &&
                            Catch::Contains("Examples:\n  pawl resume ") && !Catch::Contains("pawl migrate"));
}

TEST_CASE_METHOD(CommandLineFixture, "help VERB prints what VERB --help does, and help the whole") {
  for (const std::vector<const char*>& verb :
       std::vector<std::vector<const char*>>{{}, {"resume"}, {"mail"}, {"mail", "test"}, {"help"}}) {
    std::vector<const char*> asked{verb}, flagged{verb};
    asked.insert(asked.begin(), "help");
    flagged.push_back("--help");
    out.str("");
    CHECK(run(asked) == ExitCode::kDone);
    const std::string printed = out.str();
    out.str("");
    CHECK(run(flagged) == ExitCode::kDone);
    CHECK(printed == out.str());
  }
  CHECK(run({"help", "mail", "tset"}) == ExitCode::kNotFound);
  CHECK_THAT(err.str(), Catch::Contains("no such verb: tset (did you mean test?)"));
}

TEST_CASE_METHOD(CommandLineFixture, "a misspelt verb, option or key is answered with the one that was meant") {
  const std::string path = directory.path() + "/pawl.ini";
  std::ofstream(path) << "mial-from = \"a@example.com\"\n";
  for (const auto& [arguments, answer] : std::vector<std::pair<std::vector<const char*>, const char*>>{
           {{"wroker"}, "no such verb: wroker (did you mean worker?)"},
           {{"mail", "tset"}, "unexpected: tset (did you mean test?)"},
           {{"runs", "--stauts", "failed"}, "unexpected: --stauts *** (did you mean --status?)"},
           {{"runs", "--mail-form=a"}, "unexpected: --mail-form (did you mean --mail-from?)"},
           {{"show", "--ouput", "json"}, "unexpected: --ouput (did you mean --output?)"},
           {{"runs", "resume"}, "unexpected: resume\n"},
           {{"--config", path.c_str(), "runs"}, "unknown key 'mial-from' (did you mean mail-from?)"}}) {
    err.str("");
    CHECK(run(arguments) == ExitCode::kUsage);
    CHECK_THAT(err.str(), Catch::Contains(answer));
  }
}

TEST_CASE_METHOD(CommandLineFixture, "the version is one line") {
  CHECK(run({"--version"}) == ExitCode::kDone);
  CHECK_THAT(out.str(), Catch::StartsWith("pawl 0."));
}

TEST_CASE_METHOD(CommandLineFixture, "an unknown verb is a usage error that lists the verbs") {
  CHECK(run({"wroker"}) == ExitCode::kUsage);
  CHECK_THAT(err.str(), Catch::Contains("wroker") && Catch::Contains("migrate worker emit"));
}

TEST_CASE_METHOD(CommandLineFixture, "no verb, an unknown option and a missing argument are usage errors") {
  CHECK(run({}) == ExitCode::kUsage);
  CHECK(run({"runs", "--colour"}) == ExitCode::kUsage);
  CHECK_THAT(err.str(), Catch::Contains("--colour") && Catch::Contains("pawl runs --help"));
  CHECK(run({"show"}) == ExitCode::kUsage);
  CHECK(run({"runs", "--status", "sleeping"}) == ExitCode::kUsage);
  CHECK(run({"runs", "--since", "yesterday"}) == ExitCode::kUsage);
  CHECK(run({"-o", "xml", "runs"}) == ExitCode::kUsage);
}

TEST_CASE_METHOD(CommandLineFixture, "contradictory arguments are usage errors") {
  CHECK(run({"resume", "a1", "--failed", "--since", "1h"}) == ExitCode::kUsage);
  CHECK(run({"resume", "a1", "--since", "1h"}) == ExitCode::kUsage);
  CHECK(run({"resume", "--since", "yesterday"}) == ExitCode::kUsage);
  CHECK(run({"resume", "--workflow", ""}) == ExitCode::kUsage);
  CHECK(run({"migrate", "--print", "--status"}) == ExitCode::kUsage);
  CHECK(run({"migrate", "--status", "--roles"}) == ExitCode::kUsage);
  CHECK(run({"in-doubt", "--sql", "resolve", "a1", "--sent"}) == ExitCode::kUsage);
}

TEST_CASE_METHOD(CommandLineFixture, "a rate is given with a value, and to a verb that keeps to it") {
  for (const char* verb : {"resume", "requeue", "cancel", "retry-now"}) {
    CAPTURE(verb);
    CHECK(run({verb, "--since", "1h", "--rate", "", "--yes"}) == ExitCode::kUsage);
    CHECK_THAT(err.str(), Catch::Contains("--rate was given no value"));
  }
  for (const char* verb : {"requeue", "cancel", "retry-now"}) {
    CAPTURE(verb);
    err.str("");
    CHECK(run({verb, "a1", "--rate", "1/s"}) == ExitCode::kUsage);
    CHECK_THAT(err.str(), Catch::Contains("--rate goes with filters"));
  }
}

TEST_CASE_METHOD(CommandLineFixture, "a payload that is no JSON is a usage error before anything is connected") {
  CHECK(run({"emit", "x", "--aggregate-id", "1", "--data", "{oops"}) == ExitCode::kUsage);
  CHECK_THAT(err.str(), Catch::Contains("cannot emit x: --data: it is not JSON, from byte 2 on"));
  CHECK(run({"emit", "x", "--aggregate-id", "1", "--data", "{}", "--id", "7"}) == ExitCode::kUsage);
  const std::string empty = directory.path() + "/empty.json";
  std::ofstream{empty};
  CHECK(run({"requeue", "6f1c", "--data", empty.c_str()}) == ExitCode::kUsage);
  CHECK_THAT(err.str(), Catch::Contains("--data " + empty + ": it is empty"));
  CHECK(run({"requeue", "6f1c", "--data", "/dev/null"}) == ExitCode::kUsage);
  CHECK_THAT(err.str(), Catch::Contains("cannot read the file /dev/null: it is no regular file"));
  CHECK(run({"requeue", "6f1c", "--data", "no/such/file"}) == ExitCode::kUsage);
  CHECK_THAT(err.str(), Catch::Contains("no/such/file") && Catch::Contains("--data - reads standard input"));
}

TEST_CASE_METHOD(CommandLineFixture,
                 "an event is about some kind of thing, which is asked for where no workflow knows") {
  CHECK(run({"emit", "x", "--aggregate-id", "1", "--data", "{}"}) == ExitCode::kUsage);
  CHECK_THAT(err.str(), Catch::Contains("--aggregate-type is missing"));
  CHECK(run({"dismiss", "6f1c", "--reason", " "}) == ExitCode::kUsage);
  CHECK_THAT(err.str(), Catch::Contains("--reason is empty"));
}

TEST_CASE_METHOD(CommandLineFixture, "a worker without configuration names what is missing and starts nothing") {
  const std::string path = directory.path() + "/checkpoints.db";
  CHECK(run({"worker", "--checkpoints", path.c_str()}) == ExitCode::kUsage);
  CHECK_THAT(err.str(), Catch::Contains("PAWL_MAIL (") && Catch::Contains("PAWL_APP_URL"));
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE_METHOD(CommandLineFixture,
                 "a worker whose mail, sender or address makes no sense says which and starts nothing") {
  const std::string path = directory.path() + "/checkpoints.db";
  const auto worker = [&](const char* mail, const char* from, const char* url) {
    return run({"worker", "--checkpoints", path.c_str(), "--mail", mail, "--mail-from", from, "--app-url", url});
  };
  CHECK(worker("ftp://relay", "a@example.com", "https://app.example.com") == ExitCode::kUsage);
  CHECK_THAT(err.str(), Catch::Contains("PAWL_MAIL") && Catch::Contains("smtp://"));
  CHECK(worker("maildir:/tmp/x", "not an address", "https://app.example.com") == ExitCode::kUsage);
  CHECK(worker("maildir:/tmp/x", "a@example.com", "javascript:alert(1)") == ExitCode::kUsage);
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE_METHOD(CommandLineFixture, "reading a checkpoint file that does not exist is refused and creates nothing") {
  const std::string path = directory.path() + "/checkpoints.db";
  CHECK(run({"--checkpoints", path.c_str(), "runs", "--postgres", "host=/nonexistent"}) == ExitCode::kFailed);
  CHECK_THAT(err.str(), Catch::Contains(path) && Catch::Contains("/nonexistent"));
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE_METHOD(CommandLineFixture, "the SQL for a DBA needs no database") {
  CHECK(run({"migrate", "--print"}) == ExitCode::kDone);
  CHECK_THAT(out.str(), Catch::Contains("create table pawl.outbox") &&
                            !Catch::Contains("create table if not exists organisations"));
  out.str("");
  CHECK(run({"migrate", "--print", "--with-app"}) == ExitCode::kDone);
  CHECK_THAT(out.str(), Catch::Contains("create table if not exists organisations"));
}

TEST_CASE_METHOD(CommandLineFixture,
                 "a connection string that cannot be used is a usage error that quotes none of it") {
  for (const char* conninfo : {"postgresql://app:s3can%zzary@127.0.0.1/app", "postgresql://app:s3/canary@127.0.0.1/app",
                               "host=db password=s3 canary"})
    for (const char* verb : {"worker", "migrate", "in-doubt"}) {
      CHECK(run({verb, "--postgres", conninfo}) == ExitCode::kUsage);
      CHECK_THAT(err.str(), Catch::Contains("PAWL_POSTGRES") && !Catch::Contains("ary") && !Catch::Contains("s3"));
    }
}

TEST_CASE_METHOD(CommandLineFixture, "no verb and an unknown one are usage errors that list the verbs, --help or not") {
  CHECK(run({}) == ExitCode::kUsage);
  CHECK_THAT(err.str(), Catch::Contains("migrate worker emit"));
  CHECK(run({"wroker", "--help"}) == ExitCode::kUsage);
  CHECK_THAT(err.str(), Catch::Contains("no such verb: wroker"));
  CHECK(out.str().empty());
}

TEST_CASE_METHOD(CommandLineFixture, "stray words are named in their order, and none that may be a secret") {
  CHECK(run({"runs", "first", "second", "third"}) == ExitCode::kUsage);
  CHECK_THAT(err.str(), Catch::Contains("unexpected: first second third\n"));
  for (const std::vector<const char*>& arguments :
       std::vector<std::vector<const char*>>{{"worker", "--password", "hunter2canary"},
                                             {"worker", "--password=hunter2canary"},
                                             {"worker", "-phunter2canary"},
                                             {"worker", "postgresql://app:hunter2/canary@db"},
                                             {"--passwort", "hunter2canary"},
                                             {"--help", "postgresql://app:hunter2canary@db"}}) {
    CHECK(run(arguments) == ExitCode::kUsage);
    CHECK_THAT(err.str() + out.str(), !Catch::Contains("hunter2") && !Catch::Contains("canary"));
  }
}

TEST_CASE_METHOD(CommandLineFixture,
                 "a file of another kind than settings is refused by its line, which is not quoted") {
  const std::string path = directory.path() + "/pawl.yaml";
  for (const char* text : {"# pawl\npassword: hunter2canary\n", "# pawl\npostgres: host=db password=hunter2canary\n",
                           "\n{\"password\": \"hunter2canary\"}\n"}) {
    std::ofstream(path) << text;
    CHECK(run({"--config", path.c_str(), "runs"}) == ExitCode::kUsage);
    CHECK_THAT(err.str(), Catch::Contains("line 2 is not KEY = VALUE") && !Catch::Contains("hunter2"));
  }
  CHECK(run({"--config", directory.path().c_str(), "runs"}) == ExitCode::kUsage);
  CHECK_THAT(err.str(), Catch::Contains("cannot read the config file"));
}

TEST_CASE_METHOD(CommandLineFixture, "require-tls refuses a Postgres that is not verified, before it is connected to") {
  for (const char* verb : {"status", "migrate", "doctor"}) {
    CHECK(run({"--require-tls", "yes", "--postgres", "host=db.example.test sslmode=require", verb}) ==
          ExitCode::kRefused);
    CHECK_THAT(err.str(), Catch::Contains("Postgres on db.example.test is not verified") &&
                              Catch::Contains("require-tls") && !Catch::Contains("trying again"));
    err.str("");
  }
}

TEST_CASE_METHOD(CommandLineFixture, "a file that may not be read is refused with the reason") {
  const std::string file = directory.path() + "/checkpoints.db";
  std::ofstream(file) << "hidden";
  std::filesystem::permissions(file, std::filesystem::perms::none);
  std::filesystem::permissions(directory.path(), std::filesystem::perms::all);
  const bool is_root = geteuid() == 0;
  if (is_root && setresuid(65534, 65534, 0) != 0) {  // root may read everything, and may have no other user here
    WARN("left out: this container has no other user");
    return;
  }
  const ExitCode code = run({"--checkpoints", file.c_str(), "runs"});
  if (is_root) REQUIRE(setresuid(0, 0, 0) == 0);
  CHECK(code == ExitCode::kRefused);
  CHECK_THAT(err.str(), Catch::Contains("cannot read it: Permission denied") && !Catch::Contains("code 14"));
}

TEST_CASE("output that cannot be written is a failure") {
  std::istringstream in;
  std::ostringstream err;
  std::ofstream full("/dev/full");
  const std::vector<std::vector<const char*>> commands{
      {"pawl", "--version"}, {"pawl", "--help"}, {"pawl", "migrate", "--print"}};
  for (const auto& arguments : commands) {
    Console console{in, full, err};
    full.clear();
    CHECK(run_command_line(static_cast<int>(arguments.size()), arguments.data(), console, {}) == ExitCode::kFailed);
    CHECK_THAT(err.str(), Catch::Contains("could not be written"));
  }
}

TEST_CASE_METHOD(CommandLineFixture, "an error never steers the terminal, whatever it quotes") {
  CHECK(run({"--checkpoints", "/\x1b[31m\u009b31m\u202e", "replay", "--all"}) == ExitCode::kRefused);
  CHECK(err.str().find('\x1b') == std::string::npos);
  CHECK_THAT(err.str(), !Catch::Contains("\u009b") && !Catch::Contains("\u202e"));
}

TEST_CASE_METHOD(CommandLineFixture, "a worker that logs JSON tells why it ends in JSON") {
  CHECK(run({"worker", "--log-format", "json", "--mail", "smtp://pa%zzwl@relay"}) == ExitCode::kUsage);
  const auto line = nlohmann::json::parse(err.str());
  CHECK(line["level"] == "error");
  CHECK_THAT(line["error"].get<std::string>(), Catch::Contains("PAWL_MAIL_FROM"));
}

TEST_CASE_METHOD(CommandLineFixture, "a verb about one run refuses several from standard input") {
  const std::string data = directory.path() + "/payload.json";
  std::ofstream(data) << "{}";
  for (const std::vector<const char*>& verb :
       std::vector<std::vector<const char*>>{{"rerun", "-", "--reason", "to be sure"},
                                             {"requeue", "-", "--data", data.c_str()},
                                             {"show", "-"},
                                             {"runs", "--event", "-"}}) {
    CAPTURE(verb.front());
    in.clear();
    in.str("9b3e71\n9b3e72\n");
    err.str("");
    std::vector<const char*> all{"--postgres", "host=/nonexistent", "--connect-timeout", "0s"};
    all.insert(all.end(), verb.begin(), verb.end());
    CHECK(run(all) == ExitCode::kUsage);
    CHECK_THAT(err.str(), Catch::Contains("one run is wanted, and 2 ids were read"));
  }
}

TEST_CASE_METHOD(CommandLineFixture,
                 "a Postgres that cannot be asked for a part of an id is no run that is not found") {
  const std::string file = directory.path() + "/none.db";
  for (const std::vector<const char*>& verb : std::vector<std::vector<const char*>>{
           {"show", "9b3e71"}, {"resume", "9b3e71"}, {"cancel", "9b3e71"}, {"dismiss", "9b3e71", "--reason", "gone"}}) {
    CAPTURE(verb.front());
    std::vector<const char*> all{"--checkpoints",     file.c_str(),        "--postgres",
                                 "host=/nonexistent", "--connect-timeout", "0s"};
    all.insert(all.end(), verb.begin(), verb.end());
    CHECK(run(all) == ExitCode::kFailed);
  }
}

TEST_CASE_METHOD(CommandLineFixture, "requeue of many is not unchecked, since it takes no payload") {
  CHECK(run({"requeue", "--failed", "--unchecked"}) == ExitCode::kUsage);
  CHECK_THAT(err.str(), Catch::Contains("--unchecked"));
}
