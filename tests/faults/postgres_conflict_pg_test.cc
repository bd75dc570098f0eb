// Transactions that Postgres ends because of others: deadlocks and serialization failures.
#include <catch2/catch.hpp>

#include "tests/faults/fault_job.h"

using namespace pawl;
using namespace pawl::tests;

TEST_CASE("P1 P4: a deadlock with another session costs no attempt and loses nothing") {
  FaultJob job;
  const int before = job.cluster.logged("deadlock detected");
  bin::PawlProcess worker({"worker"}, job.environment());
  REQUIRE(bin::eventually([&] { return job.count("pawl.v1_workers") == "1"; }));
  storage::PostgresConnection other(job.database.conninfo), application(job.database.conninfo);
  other.transact("deadlock", [&](storage::Transaction& transaction) {
    transaction.run("set local deadlock_timeout = '1h'");  // the worker is to be the victim
    job.database.connection.transact("hold the run", [&](storage::Transaction& barrier) {
      barrier.run("lock table notifications");
      application.run("fail a sync", "insert into pms_sync_logs (connection_id, status) values ($1::uuid, 'error')",
                      {job.organisation.connection});
      CHECK(bin::eventually(
          [&] { return transaction.run("select from pawl.outbox where lease_epoch is not null").size() == 1; }));
      transaction.run("select from pawl.outbox for update");
    });
    REQUIRE(bin::eventually([&] {
      return job.count("pg_stat_activity where wait_event_type = 'Lock' and query like '%archived as%'") == "1";
    }));
    transaction.run("select from pawl.workers for update");
  });
  CHECK(job.cluster.logged("deadlock detected") == before + 1);
  job.check_everyone_told();
  check_drains(worker);
  CHECK(job.no_attempt_burnt());
}

TEST_CASE("P1 P4 P5: where transactions are serializable by default, serialization failures cost no attempt") {
  FaultJob job;
  const int before = job.cluster.logged("could not serialize access");
  job.database.exec("alter role pawl in database " + job.database.name +
                    " set default_transaction_isolation = 'serializable'");
  bin::PawlProcess one({"worker"}, job.environment());
  bin::PawlProcess two({"worker"}, job.environment({{"PAWL_CHECKPOINTS", job.folder.path() + "/two.db"}}));
  Producer producer(job, 60), another(job, 60);
  producer.finish();
  another.finish();
  job.check_everyone_told();
  const int failures = job.cluster.logged("could not serialize access") - before;
  WARN(failures << " serialization failures in " << job.finished_count() << " events");
  CHECK(failures > 0);
  check_drains(one);
  check_drains(two);
  CHECK(job.no_attempt_burnt());
}
