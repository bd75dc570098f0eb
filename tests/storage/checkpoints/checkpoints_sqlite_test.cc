// The checkpoint store on real files: the contract, what survives, and what is refused.
#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "engine/authoring/errors.h"
#include "engine/testing/memory_checkpoints.h"
#include "storage/checkpoints/pruning.h"
#include "storage/checkpoints/reader.h"
#include "storage/checkpoints/sqlite_checkpoints.h"
#include "tests/storage/checkpoints/contract.h"
#include "tests/storage/checkpoints/samples.h"
#include "tests/temporary_directory.h"

using namespace pawl;
using namespace pawl::storage;
using engine::RunStatus;

namespace {

struct File {
  tests::TemporaryDirectory folder;
  std::string path = std::string(folder.path()) + "/checkpoints.db";

  std::string bytes() const {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void write(const std::string& content) const { std::ofstream(path, std::ios::binary) << content; }
  std::string refusal() const {
    try {
      SqliteCheckpoints store(path);
      return "opened";
    } catch (const engine::RefusedError& error) {
      return error.what();
    }
  }
};

}  // namespace

TEST_CASE("the store in memory keeps the contract") {
  check_contract([] { return std::make_unique<testing::MemoryCheckpoints>(); });
}

TEST_CASE("the store in SQLite keeps the contract") {
  std::vector<std::unique_ptr<File>> files;
  check_contract([&] {
    files.push_back(std::make_unique<File>());
    return std::make_unique<SqliteCheckpoints>(files.back()->path);
  });
}

TEST_CASE_METHOD(File, "what was committed is there after reopening, identity and numbers included") {
  std::string store_id;
  {
    SqliteCheckpoints store(path);
    store_id = store.recover().store_id;
    commit(store, {started(1), settled(1, {"find", ""}, "\"a\""), attempt(1, {"send", "x"}, 1, "451"),
                   engine::RunParked{1, at(5000), "send backs off: 451"}});
    commit(store, {started(2), ended(2, RunStatus::kDone, "nobody to tell")});
  }
  SqliteCheckpoints store(path);
  const engine::Recovered recovered = store.recover();
  CHECK(recovered.store_id == store_id);
  CHECK(recovered.next_run == 3);
  REQUIRE(recovered.unfinished.size() == 1);
  CHECK(recovered.unfinished[0].waiting);
  CHECK(recovered.unfinished[0].wake_at == at(5000));
  const engine::StoredRun run = load(store, 1);
  REQUIRE(run.steps.size() == 1);
  CHECK(run.steps[0].result == "\"a\"");
  REQUIRE(run.retries.size() == 1);
  CHECK(run.retries[0].attempts == 1);
  CHECK(run.event.payload == started(1).event.payload);
}

TEST_CASE_METHOD(File, "a commit that was acknowledged survives SIGKILL") {
  int acknowledged[2];
  REQUIRE(::pipe(acknowledged) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    SqliteCheckpoints store(path);
    for (engine::RunNumber run = 1;; ++run) {
      commit(store, {started(run), settled(run, {"find", ""})});
      const char byte = 1;
      if (::write(acknowledged[1], &byte, 1) != 1) ::_exit(1);
    }
  }
  ::close(acknowledged[1]);
  char byte;
  for (int i = 0; i < 50; ++i) REQUIRE(::read(acknowledged[0], &byte, 1) == 1);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  engine::RunNumber committed = 50;
  while (::read(acknowledged[0], &byte, 1) == 1) ++committed;
  ::close(acknowledged[0]);
  SqliteCheckpoints store(path);
  CHECK(store.recover().next_run > committed);
  for (engine::RunNumber run = 1; run <= committed; ++run) CHECK(load(store, run).steps.size() == 1);
}

TEST_CASE_METHOD(File, "the file is its owner's alone") {
  const SqliteCheckpoints store(path);
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
}

TEST_CASE_METHOD(File, "no run can have a status that is none, and checking it costs no table of its own") {
  {
    SqliteCheckpoints store(path);
    commit(store, {started(1)});
  }
  SQLite::Database database(path, SQLite::OPEN_READWRITE);
  CHECK_THROWS_WITH(database.exec("update runs set status = 'lost'"), Catch::Contains("known_status"));
  for (const char* status : {"done", "failed", "superseded"})
    CHECK_NOTHROW(database.exec("update runs set ended_at = 1, status = '" + std::string(status) + "'"));
  SQLite::Statement plan(database, "explain update runs set status = 'done', ended_at = 2 where run = 1");
  while (plan.executeStep()) CHECK(plan.getColumn(1).getString() != "OpenEphemeral");
}

TEST_CASE_METHOD(File, "a worker that starts finds unfinished runs by their number, however many have ended") {
  SqliteCheckpoints store(path);
  commit(store, {started(1), started(2), ended(2, RunStatus::kDone)});
  CHECK(store.recover().unfinished.size() == 1);
  SQLite::Database database(path);
  SQLite::Statement plan(database, "explain query plan select run_id from runs where ended_at is null order by run");
  REQUIRE(plan.executeStep());
  CHECK(plan.getColumn(3).getString() == "SCAN runs USING INDEX runs_unfinished");
}

TEST_CASE_METHOD(File, "nothing of a pruned run is left in any table") {
  SqliteCheckpoints store(path);
  for (const engine::RunNumber run : {1, 2})
    commit(store, {started(run), settled(run, {"find", ""}), attempt(run, {"send", "x"}, 1, "451")});
  commit(store, {ended(1, RunStatus::kDone)});
  CHECK(store.prune(at(9'000'000), 100) == 1);
  const CheckpointReader reader(path);
  for (const char* table : {"runs", "events", "steps", "attempts"})
    CHECK(reader.query("select group_concat(run) from " + std::string(table)).rows[0][0] == "2");
}

TEST_CASE_METHOD(File, "failed runs that are kept for ever make no page of them dearer, nor the pruning of others") {
  { const SqliteCheckpoints store(path); }
  SQLite::Database database(path, SQLite::OPEN_READWRITE);
  database.exec(
      "with recursive n(i) as (select 1 union all select i + 1 from n where i < 20001)"
      " insert into runs (run, run_id, workflow, status, position, deliveries, resumes, started_at, ended_at)"
      " select i, i, 'w', iif(i = 20001, 'done', 'failed'), i, 1, 0, i, i from n;"
      "insert into events (run, type, aggregate_type, aggregate_id, payload, created_at)"
      " select run, 't', '', '', '{}', run from runs");
  const auto operations_of = [&](const auto& call) {
    int count = 0;
    const auto counted = [](void* of) { return ++*static_cast<int*>(of), 0; };
    sqlite3_progress_handler(database.getHandle(), 1, counted, &count);
    call();
    sqlite3_progress_handler(database.getHandle(), 0, nullptr, nullptr);
    return count;
  };
  for (const engine::RunNumber above : {0, 10'000, 19'900})
    CHECK(operations_of([&] {
            const auto page = find_failed_runs(database, at(0), above, 100);
            CHECK(page.size() == 100);
            CHECK(page.front().run == above + 1);
          }) < 10'000);
  CHECK(operations_of([&] { CHECK(prune_runs(database, at(0), 100) == std::vector<engine::RunNumber>{20'001}); }) <
        10'000);
}

TEST_CASE_METHOD(File, "a second store on one file is refused and told who has it") {
  const SqliteCheckpoints store(path);
  CHECK_THAT(refusal(), Catch::Contains(path) && Catch::Contains(std::to_string(::getpid())) &&
                            Catch::Contains("PAWL_CHECKPOINTS"));
}

TEST_CASE_METHOD(File, "a file that is no checkpoint store is refused and left as it is") {
  write(std::string(5000, 'x'));
  const std::string before = bytes();
  CHECK_THAT(refusal(), Catch::Contains(path));
  CHECK(bytes() == before);
}

TEST_CASE_METHOD(File, "a corrupted store is refused, never recreated") {
  {
    SqliteCheckpoints store(path);
    for (engine::RunNumber run = 1; run <= 500; ++run) commit(store, {started(run), settled(run, {"find", ""})});
  }
  std::string content = bytes();
  for (std::size_t i = 4096 * 3; i < content.size(); i += 4096) content.replace(i, 200, std::string(200, '\xff'));
  write(content);
  CHECK_THAT(refusal(), Catch::Contains(path));
  CHECK(bytes() == content);
}

TEST_CASE_METHOD(File, "a store deleted while it is open is noticed, not written into the void") {
  SqliteCheckpoints store(path);
  commit(store, {started(1)});
  std::filesystem::remove(path);
  CHECK_THROWS_AS(
      [&] {
        for (engine::RunNumber run = 2; run < 100'000; ++run) commit(store, {started(run)});
      }(),
      engine::RefusedError);
}

TEST_CASE_METHOD(File, "a reader beside the store sees its commits and never blocks them") {
  SqliteCheckpoints store(path);
  commit(store, {started(1), settled(1, {"find", ""})});
  const CheckpointReader reader(path);
  CHECK(reader.runs({}).size() == 1);
  commit(store, {started(2), ended(2, RunStatus::kFailed, "550 no such user")});
  RunFilter only_failed;
  only_failed.status = "failed";
  const auto failed = reader.runs(only_failed);
  REQUIRE(failed.size() == 1);
  CHECK(failed[0].reason == "550 no such user");
  const auto ids_like = [&](const std::string& part, std::size_t limit) {
    std::vector<std::string> ids;
    for (const engine::RunName& run : reader.runs_like(part, limit)) ids.push_back(run.run_id);
    return ids;
  };
  CHECK(ids_like("event-", 10) == std::vector<std::string>{"event-1", "event-2"});
  CHECK(ids_like("-2", 10) == std::vector<std::string>{"event-2"});
  CHECK(ids_like("event", 1).size() == 1);
  CHECK(ids_like("vent", 10).empty());
  CHECK_FALSE(reader.timeline("event-1").empty());
}

TEST_CASE_METHOD(File,
                 "a reader that never ends lets the -wal grow and is warned of; commits go on, and so does it after") {
  std::vector<std::string> warnings;
  SqliteCheckpoints store(path, [&](const std::string& warning) { warnings.push_back(warning); });
  commit(store, {started(1)});
  SQLite::Database reader(path, SQLite::OPEN_READONLY);
  SQLite::Statement held(reader, "select * from runs");
  REQUIRE(held.executeStep());
  const std::string large(1 << 20, 'x');
  engine::RunNumber run = 1;
  while (warnings.empty() && run < 200) commit(store, {started(++run), settled(run, {"find", ""}, large)});
  REQUIRE(warnings.size() == 1);
  CHECK_THAT(warnings[0], Catch::Contains(path) && Catch::Contains("MiB") && Catch::Contains("fuser"));
  CHECK(std::filesystem::file_size(path + "-wal") < 80 << 20);
  for (int i = 0; i < 10; ++i) commit(store, {started(++run), settled(run, {"find", ""}, large)});
  CHECK(warnings.size() == 1);
  held.reset();
  while (warnings.size() < 2 && run < 400) commit(store, {started(++run), settled(run, {"find", ""}, large)});
  REQUIRE(warnings.size() == 2);
  CHECK_THAT(warnings[1], Catch::Contains("began anew"));
  CHECK(std::filesystem::file_size(path + "-wal") < 8 << 20);
}

TEST_CASE_METHOD(File, "runs that are streamed are what they are one by one, in the order of their numbers") {
  SqliteCheckpoints store(path);
  commit(store, {started(1), settled(1, {"find", ""}), settled(1, {"send", "b"}), failed_step(1, {"send", "a"}, "550"),
                 started(2), started(3), attempt(3, {"send", "c"}, 1, "451"), attempt(3, {"send", "c"}, 2, "452"),
                 engine::RunParked{3, at(9000), "send backs off"}, started(4), settled(4, {"find", ""}),
                 ended(4, RunStatus::kDone)});
  const CheckpointReader reader(path);
  const auto streamed = [&](const RunFilter& filter) {
    std::vector<engine::StoredRun> runs;
    reader.each_run(filter, [&](engine::StoredRun run) { runs.push_back(std::move(run)); });
    return runs;
  };
  const auto all = streamed({});
  REQUIRE(all.size() == 4);
  for (const engine::StoredRun& run : all) {
    const auto alone = reader.run(run.event.id);
    CHECK(run.run == &run - all.data() + 1);
    CHECK(run.status == alone->status);
    REQUIRE(run.steps.size() == alone->steps.size());
    for (std::size_t i = 0; i < run.steps.size(); ++i) CHECK(run.steps[i].step == alone->steps[i].step);
    REQUIRE(run.retries.size() == alone->retries.size());
    for (std::size_t i = 0; i < run.retries.size(); ++i) CHECK(run.retries[i].error == alone->retries[i].error);
  }
  RunFilter filter;
  filter.unfinished = true;
  CHECK(streamed(filter).size() == 3);
  CHECK(streamed(filter)[2].retries.size() == 1);
  filter.run_ids = std::vector<std::string>{"event-1", "event-4"};
  CHECK(streamed(filter).size() == 1);
  CHECK(streamed(filter)[0].steps.size() == 3);
}

TEST_CASE_METHOD(File, "a run is of the build that started it, and a build that starts again is written once") {
  SqliteCheckpoints store(path);
  commit(store, {started(1)});
  store.record_build("1.0");
  store.record_build("1.0");
  commit(store, {started(2), started(3)});
  store.record_build("1.1");
  commit(store, {started(4)});
  const CheckpointReader reader(path);
  CHECK(reader.build_of("event-1").empty());
  CHECK(reader.build_of("event-3") == "1.0");
  CHECK(reader.build_of("event-4") == "1.1");
  CHECK(reader.query("select count(*) from builds").rows[0][0] == "2");
}

TEST_CASE_METHOD(File, "typed SQL may read everything and write nothing") {
  SqliteCheckpoints store(path);
  commit(store, {started(1)});
  const CheckpointReader reader(path);
  CHECK(reader.query("select count(*) from v1_runs").rows[0][0] == "1");
  for (const char* hostile : {"delete from runs", "drop view v1_runs", "attach 'x.db' as x", "pragma user_version = 9",
                              "select 1; delete from runs", "vacuum"})
    CHECK_THROWS_AS(reader.query(hostile), engine::Error);
  CHECK(load(store, 1).event.id == "event-1");
}

TEST_CASE_METHOD(File, "the stable views can be asked, and answer why a run waits") {
  SqliteCheckpoints store(path);
  commit(store, {started(1), attempt(1, {"send-email", "u"}, 1, "451 later"),
                 engine::RunParked{1, at(9000), "send-email backs off: 451 later"}});
  const CheckpointReader reader(path);
  for (const char* view : {"v1_runs", "v1_steps", "v1_attempts", "v1_waiting", "v1_in_doubt"})
    CHECK_NOTHROW(reader.query("select * from " + std::string(view)));
  CHECK(reader.query("select count(*) from v1_waiting where reason like '%451 later%'").rows[0][0] == "1");
}

TEST_CASE_METHOD(File, "whatever step said that its effect may have happened or not is in doubt, and nothing else") {
  SqliteCheckpoints store(path);
  engine::AttemptFailed receipt = attempt(1, {"send-receipt", "customer"}, 1, "in doubt: the relay went silent");
  receipt.failure_code = "in-doubt";
  commit(store, {started(1), receipt, attempt(1, {"send-email", "u"}, 1, "in doubt, says the relay: 451 later")});
  const CheckpointReader reader(path);
  const auto doubts = reader.query("select step, key, error from v1_in_doubt");
  using Row = std::vector<std::optional<std::string>>;
  CHECK(doubts.rows == std::vector<Row>{{"send-receipt", "customer", "in doubt: the relay went silent"}});
}

TEST_CASE_METHOD(File, "who waits for a paused step is shown with the step and the error that paused it") {
  SqliteCheckpoints store(path);
  commit(store, {started(1), engine::RunParked{1, at(9000), "send-email is paused: mail relay x is paused: 421"}});
  commit(store, {started(2), engine::RunParked{2, at(9000), "send-email waits for its turn"}});
  const CheckpointReader reader(path);
  const auto waiting = reader.query("select why, step, last_error from v1_waiting order by step is null");
  REQUIRE(waiting.rows.size() == 2);
  using Row = std::vector<std::optional<std::string>>;
  CHECK(waiting.rows[0] == Row{"circuit", "send-email", "mail relay x is paused: 421"});
  CHECK(waiting.rows[1] == Row{"circuit", std::nullopt, std::nullopt});
}

TEST_CASE_METHOD(File, "a missing file is an error that names it and the setting") {
  CHECK_THROWS_WITH(CheckpointReader(path), Catch::Contains(path) && Catch::Contains("PAWL_CHECKPOINTS"));
}

TEST_CASE_METHOD(File, "every example of the page on the checkpoints' SQL runs") {
  SqliteCheckpoints store(path);
  const CheckpointReader reader(path);
  std::ifstream page(PAWL_SOURCE_DIR "/docs/sql-checkpoints.md");
  const std::string text{std::istreambuf_iterator<char>(page), {}};
  int examples = 0;
  for (auto begin = text.find("```sql\n"); begin != std::string::npos; begin = text.find("```sql\n", begin + 1)) {
    const std::string example = text.substr(begin + 7, text.find("```", begin + 7) - begin - 7);
    INFO(example);
    CHECK_NOTHROW(reader.query(example));
    ++examples;
  }
  CHECK(examples == 5);
}

TEST_CASE_METHOD(File, "the page on the checkpoints' SQL names every column of every view") {
  SqliteCheckpoints store(path);
  const CheckpointReader reader(path);
  std::ifstream page(PAWL_SOURCE_DIR "/docs/sql-checkpoints.md");
  const std::string text{std::istreambuf_iterator<char>(page), {}};
  for (const std::string view : {"v1_runs", "v1_steps", "v1_attempts", "v1_waiting", "v1_in_doubt"})
    for (const std::string& column : reader.query("select * from " + view).columns) {
      INFO(view << "." << column);
      CHECK(text.find("`" + column + "`") != std::string::npos);
    }
}
