// PgBouncer in transaction mode between the worker and Postgres.
#include <catch2/catch.hpp>

#include "engine/authoring/errors.h"
#include "storage/postgres/connection.h"
#include "tests/faults/postgres/fault_job.h"

using namespace pawl;
using namespace pawl::tests;

namespace {

// What operators set behind a pooler, which passes on no options; here for whoever connects to the database.
void set_path(FaultJob& job, const std::string& database) {
  job.database.exec("alter database " + database + " set search_path = pg_catalog, pawl, pg_temp");
}

}  // namespace

TEST_CASE("P1 P4 P5: through PgBouncer in transaction mode, which restarts under load, everyone is told once") {
  FaultJob job;
  PgBouncer pooler(job.cluster);
  set_path(job, job.database.name);
  bin::PawlProcess worker(
      {"worker"}, job.environment(FaultJob::through(pooler.conninfo(job.database.name), {{"PAWL_DOORBELL", "poll"}})));
  Producer producer(job, 80);
  for (int restarts = 0; restarts < 2; ++restarts) {
    REQUIRE(job.eventually_finished(job.finished_count() + 10));
    pooler.restart();
  }
  producer.finish();
  job.check_everyone_notified();
  CHECK(job.finished_count() == producer.acknowledged());
  check_drains(worker);
  CHECK(job.no_attempt_burnt());
}

TEST_CASE("through PgBouncer in statement mode the error names the pooler's mode and what to set") {
  FaultJob job;
  PgBouncer pooler(job.cluster);
  set_path(job, "postgres");
  const bin::Completed done =
      job.work(FaultJob::through(pooler.conninfo("by_statement"), {{"PAWL_CONNECT_TIMEOUT", "1s"}}));
  CHECK(done.code == 1);
  CHECK(done.err.find("set its pool_mode to transaction") != std::string::npos);
  job.database.exec("alter database postgres reset search_path");
}

TEST_CASE("P10: a search path that the pooler does not pass on is refused with what to set, and holds once it is set") {
  FaultJob job;
  PgBouncer pooler(job.cluster);
  storage::PostgresConnection connection(pooler.conninfo(job.database.name));
  const auto path = [&] { return connection.run("ask", "show search_path", {}).string(0, 0); };
  CHECK_THROWS_AS(path(), engine::RefusedError);
  CHECK_THROWS_WITH(path(), Catch::Contains("alter role") && Catch::Contains("set search_path = pg_catalog"));
  set_path(job, job.database.name);
  pooler.restart();
  CHECK(path() == "pg_catalog, pawl, pg_temp");
}
