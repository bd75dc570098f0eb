// What other transactions show and hide: late commits, rollbacks, an old snapshot.
#include <catch2/catch.hpp>

#include "tests/faults/postgres/fault_job.h"

using namespace pawl;
using namespace pawl::tests;

namespace {

const std::string kFailSync =
    "insert into pms_sync_logs (connection_id, status, error_message) values ($1::uuid, 'error', 'x')";

}  // namespace

TEST_CASE("P1: an event that commits late under a lower position is found, one that is rolled back is never seen") {
  FaultJob job;
  bin::PawlProcess worker({"worker"}, job.environment());
  storage::PostgresConnection late(tests::own_session(job.database.conninfo)),
      broken(tests::own_session(job.database.conninfo));
  CHECK_THROWS(broken.transact("roll back", [&](storage::Transaction& rolled_back) {
    rolled_back.run(kFailSync, {job.organisation.connection});
    late.transact("commit late", [&](storage::Transaction& transaction) {
      transaction.run(kFailSync, {job.organisation.connection});
      for (int i = 0; i < 5; ++i) job.organisation.fail_sync();
      CHECK(job.eventually_finished(5));
    });
    CHECK(job.eventually_finished(6));
    throw std::runtime_error("the business transaction fails");
  }));
  job.check_everyone_notified();
  CHECK(job.finished() == "6");
  check_drains(worker);
}

TEST_CASE("P9: claims go on while an old transaction is held open and 20,000 events pass") {
  FaultJob job;
  job.database.exec("delete from org_members");  // nobody to tell: this is about the outbox
  bin::PawlProcess worker({"worker"}, job.environment());
  storage::PostgresConnection old(tests::own_session(job.database.conninfo));
  old.transact("hold a snapshot", [&](storage::Transaction& transaction) {
    transaction.run("set transaction isolation level repeatable read");
    transaction.run("select count(*) from pawl.outbox");
    for (int hundreds = 0; hundreds < 20; ++hundreds)
      job.database.exec(
          "insert into pms_sync_logs (connection_id, status) select $1::uuid, 'error' from generate_series(1, 1000)",
          {job.organisation.connection});
    CHECK(job.eventually_finished(20'000));
  });
  CHECK(job.event_status() == "done");
  check_drains(worker);
}
