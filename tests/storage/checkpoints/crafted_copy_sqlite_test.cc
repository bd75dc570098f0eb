// Copies of checkpoint files that somebody has made to harm whoever reads them.
#include <SQLiteCpp/SQLiteCpp.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "engine/authoring/errors.h"
#include "storage/checkpoints/reader.h"
#include "storage/checkpoints/sqlite_checkpoints.h"
#include "tests/storage/checkpoints/samples.h"
#include "tests/temporary_directory.h"

using namespace pawl;
using namespace pawl::storage;

namespace {

const std::string kEndless =
    "(with recursive n (i) as (select 1 union all select i + 1 from n) select count(*) as number from n)";

struct Copy {
  tests::TemporaryDirectory directory;
  const std::string path = directory.path() + "/copy.db";

  Copy() {
    SqliteCheckpoints store(path);
    store.recover();
    commit(store, {started(1)});
  }
  void craft(const std::string& sql) const { SQLite::Database(path, SQLite::OPEN_READWRITE).exec(sql); }
};

}  // namespace

TEST_CASE_METHOD(Copy, "a copy whose tables or views are not pawl's is refused before anything in it is read") {
  const std::string sql =
      GENERATE(as<std::string>{}, "drop view v1_runs; create view v1_runs as select * from " + kEndless,
               "drop view v1_waiting", "drop table migrations; create view migrations as select * from " + kEndless,
               "create trigger evil after insert on runs begin delete from runs; end");
  craft(sql);
  CHECK_THROWS_AS(CheckpointReader(path), engine::RefusedError);
  CHECK_THROWS_AS(SqliteCheckpoints(path), engine::RefusedError);
}

TEST_CASE_METHOD(Copy, "what somebody added beside pawl's views does no harm") {
  craft("create view mine as select * from runs; create index more on runs (workflow)");
  CHECK(CheckpointReader(path).query("select * from mine").rows.size() == 1);
}

TEST_CASE_METHOD(Copy, "a query without an end is ended, and says so") {
  craft("create view endless as select * from " + kEndless);
  const CheckpointReader reader(path, std::chrono::seconds{0});
  CHECK_THROWS_WITH(reader.query("select * from endless"), Catch::Contains("no end after 0 s"));
}

TEST_CASE_METHOD(Copy, "rows without an end are ended before memory is") {
  const CheckpointReader reader(path);
  CHECK_THROWS_WITH(reader.query("with recursive n (i) as (select zeroblob(1000000) union all select i from n) "
                                 "select i from n"),
                    Catch::Contains("MiB"));
  CHECK_THROWS_WITH(reader.query("select zeroblob(900000000)"), Catch::Contains("too big"));
}

TEST_CASE_METHOD(Copy, "what is no regular file is not opened") {
  const std::string fifo = directory.path() + "/fifo";
  REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
  CHECK_THROWS_WITH(CheckpointReader(fifo), Catch::Contains("no regular file"));
  CHECK_THROWS_WITH(CheckpointReader(directory.path()), Catch::Contains("no regular file"));
}
