// A copy of some runs, made beside an open store.
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "tests/bin/commands/corpus.h"

using namespace pawl;
using namespace pawl::bin;

namespace {

struct Fixture : CorpusFixture {
  const std::string copy = directory.path() + "/copy.db";

  Fixture() {
    for (const engine::RunNumber run : {1, 2}) storage::commit(store, done(run));
    storage::commit(store,
                    {begun(3), storage::failed_step(3, {"resolve-recipients", ""}, "pq: token=s3cr3ts3cr3ts3cr3t"),
                     storage::attempt(3, {"send-email", "bea@example.com"}, 1, "451 to bea@example.com")});
  }
  ExitCode exported(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "export");
    arguments.insert(arguments.end(), {"-o", copy.c_str()});
    return verb(arguments);
  }
  std::string of_copy(const std::string& sql) {
    out.str("");
    CHECK(run({"sql", sql.c_str(), "-o", "ids", "--checkpoints", copy.c_str()}) == ExitCode::kDone);
    return out.str();
  }
  std::string bytes_of_copy() const {
    std::ifstream file(copy, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::size_t files() const {
    const std::filesystem::directory_iterator all(directory.path());
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture,
                 "a copy has the runs that were asked for, for this user alone, and nothing else of the file") {
  CHECK(exported({id(1).c_str(), "--output", "json"}) == ExitCode::kDone);
  CHECK(shown()["runs"] == 1);
  CHECK(shown()["bytes"] == std::filesystem::file_size(copy));
  struct stat status {};
  CHECK(stat(copy.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  CHECK(of_copy("select run_id from v1_runs") == id(1) + "\n");
  CHECK(of_copy("select count(*) from steps where run <> 1") == "0\n");
  CHECK(bytes_of_copy().find(id(2)) == std::string::npos);
  CHECK(run({"replay", "--from-file", copy.c_str()}) == ExitCode::kDone);
  CHECK(run({"show", id(1).c_str(), "--checkpoints", copy.c_str(), "--postgres", "host=/nonexistent"}) ==
        ExitCode::kDone);
  CHECK_FALSE(std::filesystem::exists(copy + "-wal"));
}

TEST_CASE_METHOD(Fixture, "a copy is of all runs, or of those of the last days") {
  CHECK(exported({"--all"}) == ExitCode::kDone);
  CHECK(of_copy("select count(*) from v1_runs") == "3\n");
  std::filesystem::remove(copy);
  storage::commit(store, old(4));
  CHECK(exported({"--since", "1h"}) == ExitCode::kDone);
  CHECK(of_copy("select count(*) from v1_runs") == "3\n");
}

TEST_CASE_METHOD(Fixture, "a redacted copy has no secret and no address, and replays as the runs do") {
  CHECK(exported({"--all", "--redact"}) == ExitCode::kDone);
  const std::string bytes = bytes_of_copy();
  for (const char* secret : {"hunter2", "s3cr3t", "ada@example.com", "bea@example.com"}) {
    CAPTURE(secret);
    CHECK(bytes.find(secret) == std::string::npos);
  }
  CHECK(of_copy("select key || ' ' || error from v1_attempts where step = 'send-email'").find("person") == 0);
  CHECK(of_copy("select json_valid(payload) from v1_runs") == "1\n1\n1\n");
  CHECK(of_copy("select payload from v1_runs where number = 1").find("0a0c0000-0000-4000-8000-000000000002") !=
        std::string::npos);
  std::filesystem::rename(copy, copy + "2");
  CHECK(exported({id(1).c_str(), id(2).c_str(), "--redact"}) == ExitCode::kDone);
  CHECK(run({"replay", "--from-file", copy.c_str()}) == ExitCode::kDone);
}

TEST_CASE_METHOD(Fixture, "no file is written over, and none is left where an export fails") {
  std::ofstream(copy) << "mine";
  const std::size_t before = files();
  CHECK(exported({"--all"}) == ExitCode::kRefused);
  CHECK_THAT(err.str(), Catch::Contains(copy) && Catch::Contains("give the copy another name"));
  CHECK(bytes_of_copy() == "mine");
  std::filesystem::remove(copy);
  std::ofstream(directory.path() + "/foreign.db") << "SQLite format 3 it is not";
  CHECK(run({"export", "--all", "-o", copy.c_str(), "--checkpoints", (directory.path() + "/foreign.db").c_str()}) ==
        ExitCode::kRefused);
  CHECK(exported({"0c0c"}) == ExitCode::kNotFound);
  CHECK_FALSE(std::filesystem::exists(copy));
  CHECK(files() == before);  // the foreign file in place of the copy
}

TEST_CASE_METHOD(Fixture, "what to export is said once, and where to") {
  CHECK(exported({}) == ExitCode::kUsage);
  CHECK(exported({"--all", "--since", "1h"}) == ExitCode::kUsage);
  CHECK(exported({"--all", id(1).c_str()}) == ExitCode::kUsage);
  CHECK(verb({"export", "--all"}) == ExitCode::kUsage);
  const std::string nowhere = directory.path() + "/none/copy.db";
  CHECK(verb({"export", "--all", "-o", nowhere.c_str()}) == ExitCode::kRefused);
}
