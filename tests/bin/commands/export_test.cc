// A copy of some runs, made beside an open store.
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "engine/authoring/errors.h"
#include "storage/copies/unfinished_file.h"
#include "tests/bin/commands/corpus.h"

using namespace pawl;
using namespace pawl::bin;

namespace {

struct ExportFixture : CorpusFixture {
  const std::string copy = directory.path() + "/copy.db";

  ExportFixture() {
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

TEST_CASE_METHOD(ExportFixture,
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

TEST_CASE_METHOD(ExportFixture, "a copy is of all runs, or of those of the last days") {
  CHECK(exported({"--all"}) == ExitCode::kDone);
  CHECK(of_copy("select count(*) from v1_runs") == "3\n");
  std::filesystem::remove(copy);
  storage::commit(store, old(4));
  CHECK(exported({"--since", "1h"}) == ExitCode::kDone);
  CHECK(of_copy("select count(*) from v1_runs") == "3\n");
  std::filesystem::remove(copy);
  CHECK(exported({"--since", "2001-01-01T00:00:00Z"}) == ExitCode::kDone);
  CHECK(of_copy("select count(*) from v1_runs") == "4\n");
}

TEST_CASE_METHOD(ExportFixture, "a redacted copy has no secret and no address, and replays as the runs do") {
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

TEST_CASE_METHOD(ExportFixture,
                 "items whose keys redaction makes equal stay apart, and names of steps stay what they are") {
  const std::string first = "password=hunter2hunter2", second = "password=hunter3hunter3";
  engine::RunEnded end = storage::ended(4, engine::RunStatus::kFailed);
  end.failure = {"mail-ada@example.com", second, engine::FailureClass::kPermanent, ""};
  std::vector<engine::Checkpoint> group{begun(4)};
  for (const std::string& key : {first, second, std::string("Ada@x.com"), std::string("ada@x.com")})
    group.push_back(storage::failed_step(4, {"mail-ada@example.com", key}, "no"));
  group.push_back(end);
  storage::commit(store, group);
  CHECK(exported({"--all", "--redact"}) == ExitCode::kDone);
  CHECK(of_copy("select count(distinct key) from steps where run = 4") == "4\n");
  CHECK(of_copy("select count(*) from v1_runs join steps on run = number"
                " where run = 4 and step = failed_step and key = failed_key") == "1\n");
  CHECK(of_copy("select count(*) from steps where key like '%hunter%' or lower(key) like '%ada%'") == "0\n");
  const std::string once = copy;
  const std::string twice = directory.path() + "/twice.db";
  CHECK(CommandLineFixture::run({"export", "--all", "--redact", "-o", twice.c_str(), "--checkpoints", once.c_str()}) ==
        ExitCode::kDone);
}

TEST_CASE("a copy that is not finished goes with the process that a signal ends") {
  const tests::TemporaryDirectory directory;
  for (const int ending : {SIGINT, SIGTERM, SIGHUP}) {
    CAPTURE(ending);
    const pid_t child = fork();
    if (child == 0) {
      ::signal(ending, SIG_DFL);  // whatever the test was started by
      const storage::UnfinishedFile file(directory.path() + "/copy.db");
      std::ofstream(file.path()) << "not redacted yet";
      std::ofstream(file.path() + "-journal") << "nor this";
      raise(ending);
      _exit(0);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK((WIFSIGNALED(status) && WTERMSIG(status) == ending));
    CHECK(std::filesystem::is_empty(directory.path()));
  }
}

TEST_CASE("a copy whose name cannot be written through to the disk is none") {
  const tests::TemporaryDirectory directory;
  const std::string target = directory.path() + "/copy.db";
  const pid_t child = fork();
  if (child == 0) {
    constexpr uid_t kNobody = 65534;
    const bool is_root = geteuid() == 0;  // whom no mode stops
    if (is_root && (chown(directory.path().c_str(), kNobody, kNobody) != 0 || seteuid(kNobody) != 0)) _exit(2);
    try {
      storage::UnfinishedFile file(target);
      chmod(directory.path().c_str(), S_IWUSR | S_IXUSR);  // it cannot be opened to be synced
      file.publish();
    } catch (const engine::Error& error) {
      _exit(std::string(error.what()).find("write it to the disk") == std::string::npos ? 3 : 0);
    }
    _exit(1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  chmod(directory.path().c_str(), S_IRWXU);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 2) {
    WARN("left out: this container has no other user");
    return;
  }
  CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
  CHECK_FALSE(std::filesystem::exists(target));
}

TEST_CASE_METHOD(ExportFixture, "no file is written over, and none is left where an export fails") {
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

TEST_CASE_METHOD(ExportFixture, "what to export is said once, and where to") {
  CHECK(exported({}) == ExitCode::kUsage);
  CHECK(exported({"--all", "--since", "1h"}) == ExitCode::kUsage);
  CHECK(exported({"--all", id(1).c_str()}) == ExitCode::kUsage);
  CHECK(exported({"--since", "0s"}) == ExitCode::kUsage);
  CHECK_THAT(err.str(), Catch::Contains("--since takes more than no time"));
  CHECK(verb({"export", "--all"}) == ExitCode::kUsage);
  const std::string nowhere = directory.path() + "/none/copy.db";
  CHECK(verb({"export", "--all", "-o", nowhere.c_str()}) == ExitCode::kRefused);
}
