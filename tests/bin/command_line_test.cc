// What the command line says to what it cannot do, with no database at hand.
#include <catch2/catch.hpp>

#include "tests/bin/command_line_fixture.h"

using namespace pawl::bin;

TEST_CASE_METHOD(CommandLineFixture,
                 "help lists the verbs, the settings with their variables, examples and exit codes") {
  CHECK(run({"--help"}) == ExitCode::kDone);
  for (const char* text :
       {"migrate", "worker", "resume", "--mail-from", "PAWL_MAIL_FROM", "Examples:", "5 replay mismatch"})
    CHECK_THAT(out.str(), Catch::Contains(text));
  CHECK(err.str().empty());
}

TEST_CASE_METHOD(CommandLineFixture, "each verb has a help of its own") {
  CHECK(run({"resume", "--help"}) == ExitCode::kDone);
  CHECK_THAT(out.str(), Catch::Contains("--failed"));
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
  CHECK(run({"resume"}) == ExitCode::kUsage);
  CHECK(run({"resume", "--failed"}) == ExitCode::kUsage);
  CHECK(run({"resume", "a1", "--failed", "--since", "1h"}) == ExitCode::kUsage);
  CHECK(run({"resume", "a1", "--since", "1h"}) == ExitCode::kUsage);
  CHECK(run({"migrate", "--print", "--status"}) == ExitCode::kUsage);
}

TEST_CASE_METHOD(CommandLineFixture, "a payload that is no JSON is a usage error before anything is connected") {
  CHECK(run({"emit", "x", "--aggregate-id", "1", "--data", "{oops"}) == ExitCode::kUsage);
  CHECK(run({"emit", "x", "--aggregate-id", "1", "--data", "{}", "--id", "7"}) == ExitCode::kUsage);
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
  CHECK(run({"--checkpoints", path.c_str(), "runs"}) == ExitCode::kRefused);
  CHECK_THAT(err.str(), Catch::Contains(path));
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
