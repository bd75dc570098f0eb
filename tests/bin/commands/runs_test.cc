// Which runs are listed, and what is said of those that are not.
#include <catch2/catch.hpp>

#include "engine/authoring/clock.h"
#include "storage/checkpoints/sqlite_checkpoints.h"
#include "tests/bin/commands/fixture.h"
#include "tests/storage/checkpoints/samples.h"

using namespace pawl;
using namespace pawl::bin;

namespace {

struct RunsFixture : CommandLineFixture {
  const std::string path = directory.path() + "/checkpoints.db";

  void store(const std::vector<engine::Checkpoint>& group) {
    storage::SqliteCheckpoints checkpoints(path);
    checkpoints.recover();
    storage::commit(checkpoints, group);
  }
  ExitCode list(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), {"runs", "--checkpoints", path.c_str()});
    out.str("");
    err.str("");
    return run(arguments);
  }
  std::ptrdiff_t lines() {
    const std::string text = out.str();
    return std::count(text.begin(), text.end(), '\n');
  }
};

}  // namespace

TEST_CASE_METHOD(RunsFixture, "what a list leaves out is said, and ids for a pipe are all of them") {
  std::vector<engine::Checkpoint> group;
  for (int run = 1; run <= 105; ++run) group.push_back(storage::started(run));
  store(group);
  CHECK(list({}) == ExitCode::kDone);
  CHECK(lines() == 101);
  CHECK_THAT(err.str(), Catch::Contains("5 of 105 runs were left out"));
  CHECK(list({"-o", "ids"}) == ExitCode::kDone);
  CHECK(lines() == 105);
  CHECK_THAT(err.str(), !Catch::Contains("left out"));
  CHECK(list({"-o", "ids", "--limit", "3"}) == ExitCode::kDone);
  CHECK(lines() == 3);
  CHECK_THAT(err.str(), Catch::Contains("102 of 105"));
  CHECK(list({"--limit", "105"}) == ExitCode::kDone);
  CHECK_THAT(err.str(), !Catch::Contains("left out"));
}

TEST_CASE_METHOD(RunsFixture, "what a list of waiting runs may leave out is said, and ids for a pipe are all of them") {
  std::vector<engine::Checkpoint> group;
  for (int run = 1; run <= 105; ++run) group.push_back(storage::started(run));
  store(group);
  const auto waiting = [&](std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), {"waiting", "--checkpoints", path.c_str(), "--postgres", "host=/nonexistent"});
    out.str("");
    err.str("");
    return run(arguments);
  };
  CHECK(waiting({}) == ExitCode::kDone);
  CHECK(lines() == 101);
  CHECK_THAT(err.str(), Catch::Contains("there may be more than these 100"));
  CHECK(waiting({"-o", "ids"}) == ExitCode::kDone);
  CHECK(lines() == 105);
  CHECK_THAT(err.str(), !Catch::Contains("there may be more"));
  CHECK(waiting({"-o", "ids", "--limit", "3"}) == ExitCode::kDone);
  CHECK(lines() == 3);
  CHECK_THAT(err.str(), Catch::Contains("there may be more than these 3"));
}

TEST_CASE_METHOD(RunsFixture, "a list between two times that are the wrong way round is a usage error") {
  store({storage::started(1)});
  CHECK(list({"--since", "1h", "--until", "2h"}) == ExitCode::kUsage);
  CHECK_THAT(err.str(), Catch::Contains("--since 4h --until 2h"));
}

TEST_CASE_METHOD(RunsFixture, "--since asks when a run ended, as it does for resume") {
  const engine::Timestamp now = engine::SystemClock().now();
  const auto started = [&](engine::RunNumber run, engine::Duration ago) {
    engine::RunStarted record = storage::started(run);
    record.at = now - ago;
    return record;
  };
  const auto failed = [&](engine::RunNumber run, engine::Duration ago) {
    engine::RunEnded record = storage::ended(run, engine::RunStatus::kFailed, "boom");
    record.at = now - ago;
    return record;
  };
  using std::chrono::hours;
  store(
      {started(1, hours{50}), failed(1, hours{40}), started(2, hours{50}), failed(2, hours{1}), started(3, hours{50})});
  CHECK(list({"-o", "ids", "--since", "2h"}) == ExitCode::kDone);
  CHECK(out.str() == "event-3\nevent-2\n");
}

TEST_CASE_METHOD(RunsFixture, "a payload nested without measure is shown as text") {
  engine::RunStarted record = storage::started(1);
  record.event.id = "6f1c0000-0000-4000-8000-000000000001";
  record.event.payload = std::string(1'000'000, '[') + std::string(1'000'000, ']');
  store({record});
  CHECK(run({"show", "6f1c", "-o", "json", "--checkpoints", path.c_str(), "--postgres", "host=/nonexistent"}) ==
        ExitCode::kDone);
  CHECK(nlohmann::json::parse(out.str())["event"]["payload"].is_string());
}

TEST_CASE_METHOD(RunsFixture,
                 "whoever lists a file with unfinished runs that no worker has open is told so, and only then") {
  store({storage::started(1), storage::ended(1, engine::RunStatus::kDone, "")});
  CHECK(list({}) == ExitCode::kDone);
  CHECK(err.str().empty());
  engine::RunStarted unfinished = storage::started(2);
  unfinished.event.id = "6f1c0000-0000-4000-8000-000000000001";
  store({unfinished});
  const std::string copy = directory.path() + "/copy.db";
  const std::vector<std::vector<const char*>> verbs{
      {"runs"},           {"show", "6f1c"}, {"waiting"}, {"replay", "--all"}, {"export", "--all", "--to", copy.c_str()},
      {"sql", "select 1"}};
  const auto says_so = [&](std::vector<const char*> verb) {
    verb.insert(verb.end(), {"--checkpoints", path.c_str(), "--postgres", "host=/nonexistent"});
    err.str("");
    run(verb);
    std::filesystem::remove(copy);
    return err.str().find("no worker has " + path + " open") != std::string::npos;
  };
  for (const auto& verb : verbs) {
    CAPTURE(verb.front());
    CHECK(says_so(verb));
  }
  const storage::SqliteCheckpoints worker(path);
  for (const auto& verb : verbs) {
    CAPTURE(verb.front());
    CHECK_FALSE(says_so(verb));
  }
}
