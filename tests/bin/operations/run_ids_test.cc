// The ids that verbs take.
#include "bin/operations/runs/run_ids.h"

#include <catch2/catch.hpp>
#include <sstream>

#include "bin/operations/runs/command_error.h"
#include "storage/checkpoints/sqlite_checkpoints.h"
#include "tests/temporary_directory.h"

using namespace pawl::bin;

TEST_CASE("a full id is a lower-case UUID") {
  CHECK(is_full_id("6f1c0a8e-0000-4000-8000-00000000000a"));
  CHECK_FALSE(is_full_id("6F1C0A8E-0000-4000-8000-00000000000A"));
  CHECK_FALSE(is_full_id("6f1c0a8e-0000-4000-8000-00000000000"));
  CHECK_FALSE(is_full_id("6f1c0a8e00000-4000-8000-00000000000a"));
}

TEST_CASE("a dash reads ids from standard input, repetitions are dropped, upper case is lowered") {
  std::istringstream in("a1\nB2\na1\n");
  CHECK(expand_ids({"c3", "-", "a1"}, in) == std::vector<GivenRuns>{{"c3", ""}, {"a1", ""}, {"b2", ""}});
}

TEST_CASE("an event's run in one workflow is named by both") {
  std::istringstream none;
  CHECK(expand_ids({"A1/say-words", "a1"}, none) == std::vector<GivenRuns>{{"a1", "say-words"}, {"a1", ""}});
  for (const char* unfit : {"a1/", "/say-words", "a1/say words", "a1/say/words"})
    CHECK_THROWS_AS(expand_ids({unfit}, none), UsageError);
}

TEST_CASE("what cannot begin an id is refused, and so is no id at all") {
  std::istringstream none;
  CHECK_THROWS_AS(expand_ids({"-"}, none), UsageError);
  CHECK_THROWS_AS(expand_ids({"run'; drop"}, none), UsageError);
  CHECK_THROWS_AS(expand_ids({"%"}, none), UsageError);
  CHECK_THROWS_AS(expand_ids({""}, none), UsageError);
}

TEST_CASE("a run is named by the beginning or the end of its id, as long as no other's is like that") {
  const pawl::tests::TemporaryDirectory directory;
  const std::string path = directory.path() + "/checkpoints.db";
  const std::vector<std::string> ids{"019abd4c-0e55-7a01-8000-6b1d00000c3a", "019abd4c-0e56-7a02-9000-6b1d000004f7"};
  pawl::storage::SqliteCheckpoints store(path, {});
  std::vector<pawl::engine::Checkpoint> group;
  for (const std::string& id : ids) {
    pawl::engine::RunStarted started{};
    started.run = static_cast<pawl::engine::RunNumber>(group.size() + 1);
    started.event.id = id;
    group.push_back(started);
  }
  store.commit(group);
  const pawl::storage::CheckpointReader reader(path);
  const auto resolve_id = [&](const std::string& part) {
    const auto runs = resolve_runs(reader, {part, ""});
    REQUIRE(runs.size() == 1);
    return runs.front().run_id;
  };
  for (const std::string& id : ids) {
    CHECK(resolve_id(id) == id);
    CHECK(resolve_id(id.substr(0, 13)) == id);
    CHECK(resolve_id(id.substr(33)) == id);
  }
  CHECK_THROWS_WITH(resolve_id("019a"), Catch::Contains(ids[0]) && Catch::Contains(ids[1]));
  CHECK_THROWS_AS(resolve_id("0"), NotFoundError);
  CHECK_THROWS_AS(resolve_id("6b1d"), NotFoundError);
  CHECK_THROWS_AS(resolve_id("019abd4c-0e55-7a01-8000-6b1d00000c3b"), NotFoundError);
}

TEST_CASE("an event's id means all of its runs, a further run's id that run, and a workflow's name one of them") {
  const pawl::tests::TemporaryDirectory directory;
  const std::string path = directory.path() + "/checkpoints.db";
  const std::string event = "019abd4c-0e55-7a01-8000-6b1d00000c3a", further = "019abd4c-0e55-7a01-8123-456789abcdef";
  pawl::engine::RunStarted first{};
  first.run = 1;
  first.event.workflow = "greet";
  first.event.id = event;
  pawl::engine::RunStarted second = first;
  second.run = 2;
  second.event.workflow = "count";
  second.event.id = further;
  second.event.further_run_of = event;
  pawl::storage::SqliteCheckpoints store(path, {});
  store.commit(std::vector<pawl::engine::Checkpoint>{first, second});
  const pawl::storage::CheckpointReader reader(path);
  const auto ids_of = [&](const std::string& id, const std::string& workflow) {
    std::vector<std::string> ids;
    for (const auto& run : resolve_runs(reader, {id, workflow})) ids.push_back(run.run_id);
    return ids;
  };
  for (const std::string& id : {event, event.substr(0, 8), event.substr(30)}) {
    CHECK(ids_of(id, "") == std::vector{event, further});
    CHECK(ids_of(id, "greet") == std::vector{event});
    CHECK(ids_of(id, "count") == std::vector{further});
    CHECK_THROWS_AS(ids_of(id, "read"), NotFoundError);
    CHECK_THROWS_WITH(ids_of(id, "Greet"), Catch::Contains("upper and lower case differ") &&
                                               Catch::Contains("there are runs of count, greet"));
  }
  CHECK(ids_of(further, "") == std::vector{further});
  CHECK(ids_of("cdef", "") == std::vector{further});
}
