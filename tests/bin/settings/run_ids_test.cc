// The ids that verbs take.
#include "bin/settings/run_ids.h"

#include <catch2/catch.hpp>
#include <sstream>

#include "bin/settings/command_error.h"
#include "storage/checkpoints/sqlite_checkpoints.h"
#include "tests/bin/temporary_directory.h"

using namespace pawl::bin;

TEST_CASE("a full id is a lower-case UUID") {
  CHECK(is_full_id("6f1c0a8e-0000-4000-8000-00000000000a"));
  CHECK_FALSE(is_full_id("6F1C0A8E-0000-4000-8000-00000000000A"));
  CHECK_FALSE(is_full_id("6f1c0a8e-0000-4000-8000-00000000000"));
  CHECK_FALSE(is_full_id("6f1c0a8e00000-4000-8000-00000000000a"));
}

TEST_CASE("a dash reads ids from standard input, repetitions are dropped, upper case is lowered") {
  std::istringstream in("a1\nB2\na1\n");
  CHECK(expand_ids({"c3", "-", "a1"}, in) == std::vector<std::string>{"c3", "a1", "b2"});
}

TEST_CASE("what cannot begin an id is refused, and so is no id at all") {
  std::istringstream none;
  CHECK_THROWS_AS(expand_ids({"-"}, none), UsageError);
  CHECK_THROWS_AS(expand_ids({"run'; drop"}, none), UsageError);
  CHECK_THROWS_AS(expand_ids({"%"}, none), UsageError);
  CHECK_THROWS_AS(expand_ids({""}, none), UsageError);
}

TEST_CASE("a run is named by the beginning or the end of its id, as long as no other's is like that") {
  const TemporaryDirectory directory;
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
  for (const std::string& id : ids) {
    CHECK(resolve_id(reader, id) == id);
    CHECK(resolve_id(reader, id.substr(0, 13)) == id);
    CHECK(resolve_id(reader, id.substr(33)) == id);
  }
  CHECK_THROWS_WITH(resolve_id(reader, "019a"), Catch::Contains(ids[0]) && Catch::Contains(ids[1]));
  CHECK_THROWS_AS(resolve_id(reader, "0"), UsageError);
  CHECK_THROWS_AS(resolve_id(reader, "6b1d"), NotFoundError);
  CHECK_THROWS_AS(resolve_id(reader, "019abd4c-0e55-7a01-8000-6b1d00000c3b"), NotFoundError);
}
