// Transactions that Postgres ends because of others: deadlocks and serialization failures.
#include <catch2/catch.hpp>

#include "tests/faults/postgres/fault_job.h"

using namespace pawl;
using namespace pawl::tests;

namespace {

// Another session takes the row of an event that the worker is about to archive, goes on once the worker waits for it,
// and then does `last` and commits.
void interfere_with_archiving(FaultJob& job, const std::string& take, const std::string& last) {
  storage::PostgresConnection other(tests::own_session(job.database.conninfo)),
      application(tests::own_session(job.database.conninfo));
  other.transact("interfere", [&](storage::Transaction& transaction) {
    transaction.run("set local deadlock_timeout = '1h'");  // in a deadlock the worker is to be the victim
    job.database.connection.transact("hold the run", [&](storage::Transaction& barrier) {
      barrier.run("lock table notifications");
      application.run("fail a sync", "insert into pms_sync_logs (connection_id, status) values ($1::uuid, 'error')",
                      {job.organisation.connection});
      REQUIRE(bin::eventually(
          [&] { return transaction.run("select from pawl.outbox where lease_epoch is not null").size() == 1; }));
      transaction.run(take);
    });
    REQUIRE(bin::eventually([&] {
      return job.count("pg_stat_activity where wait_event_type = 'Lock' and query like '%archived as%'") == "1";
    }));
    transaction.run(last);
  });
}

}  // namespace

TEST_CASE("P1 P4: a deadlock with another session costs no attempt and loses nothing") {
  FaultJob job;
  const int before = job.cluster.logged("deadlock detected");
  bin::PawlProcess worker({"worker"}, job.environment());
  REQUIRE(bin::eventually([&] { return job.count("pawl.v1_workers") == "1"; }));
  interfere_with_archiving(job, "select from pawl.outbox for update", "select from pawl.workers for update");
  CHECK(job.cluster.logged("deadlock detected") == before + 1);
  job.check_everyone_notified();
  check_drains(worker);
  CHECK(job.no_attempt_burnt());
}

TEST_CASE("P1 P4 P5: where transactions are serializable by default, those of pawl are not, and no attempt is lost") {
  FaultJob job;
  const int before = job.cluster.logged("could not serialize access");
  job.database.exec("alter role pawl in database " + job.database.name +
                    " set default_transaction_isolation = 'serializable'");
  bin::PawlProcess one({"worker"}, job.environment());
  REQUIRE(bin::eventually([&] { return job.count("pawl.v1_workers") == "1"; }));
  interfere_with_archiving(job, "update pawl.outbox set headers = '{}'", "select 1");
  bin::PawlProcess two({"worker"}, job.environment({{"PAWL_CHECKPOINTS", job.folder.path() + "/two.db"}}));
  Producer producer(job, 60), another(job, 60);
  producer.finish();
  another.finish();
  job.check_everyone_notified();
  CHECK(job.cluster.logged("could not serialize access") == before);
  check_drains(one);
  check_drains(two);
  CHECK(job.no_attempt_burnt());
}
