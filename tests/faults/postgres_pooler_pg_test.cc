// PgBouncer in transaction mode between the worker and Postgres.
#include <catch2/catch.hpp>

#include "tests/faults/fault_job.h"

using namespace pawl;
using namespace pawl::tests;

TEST_CASE("P1 P4 P5: through PgBouncer in transaction mode, which restarts under load, everyone is told once") {
  FaultJob job;
  PgBouncer pooler(job.cluster);
  bin::PawlProcess worker(
      {"worker"}, job.environment(FaultJob::through(pooler.conninfo(job.database.name), {{"PAWL_DOORBELL", "poll"}})));
  Producer producer(job, 80);
  for (int restarts = 0; restarts < 2; ++restarts) {
    REQUIRE(job.eventually_finished(job.finished_count() + 10));
    pooler.restart();
  }
  producer.finish();
  job.check_everyone_told();
  CHECK(job.finished_count() == producer.acknowledged());
  check_drains(worker);
  CHECK(job.no_attempt_burnt());
}

TEST_CASE("through PgBouncer in statement mode the error names the pooler's mode and what to set") {
  FaultJob job;
  PgBouncer pooler(job.cluster);
  const bin::Completed done =
      job.work(FaultJob::through(pooler.conninfo("by_statement"), {{"PAWL_CONNECT_TIMEOUT", "1s"}}));
  CHECK(done.code == 1);
  CHECK(done.err.find("set its pool_mode to transaction") != std::string::npos);
}
