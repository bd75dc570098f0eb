// A role that may not do, or a database that does not have, what a worker needs.
#include <catch2/catch.hpp>
#include <future>

#include "storage/schema/migrator.h"
#include "storage/schema/roles.h"
#include "tests/eventually.h"
#include "tests/faults/postgres/worker_role.h"
#include "tests/storage/postgres_lines.h"

using namespace pawl;
using namespace pawl::tests;

TEST_CASE("a worker needs the role pawl_worker and no other privilege") {
  FaultJob job;
  const WorkerRole role(job);
  job.organisation.fail_sync();
  CHECK(job.work(role.environment()).code == 0);
  job.check_everyone_notified();
}

TEST_CASE("P1: what is missing or denied at start ends the worker with exit 4 and its name, and nothing is claimed") {
  FaultJob job;
  const WorkerRole role(job);
  job.organisation.fail_sync();
  const std::vector<std::pair<std::string, std::string>> faults{
      {"revoke insert on notifications from pawl_worker", "notifications"},
      {"revoke select on pawl.recipients from pawl_worker", "recipients"},
      {"revoke update on pawl.email_deliveries from pawl_worker", "email_deliveries"},
      {"revoke update on pawl.outbox from pawl_worker", "outbox"},
      {"revoke insert on pawl.outbox_archive from pawl_worker", "outbox_archive"},
      {"revoke execute on function pawl.maintain_archive from pawl_worker", "maintain_archive"},
      {"alter table notifications rename column link to url", "link"},
      {"alter table notifications drop constraint notifications_event_id_user_id_kind_key", "ON CONFLICT"},
      {"alter function pawl.maintain_archive rename to renamed", "maintain_archive"}};
  for (const auto& [fault, named] : faults) {
    INFO(fault);
    job.database.connection.transact("break", [&](storage::Transaction& transaction) { transaction.run(fault); });
    const bin::Completed refused = job.work(role.environment());
    INFO(refused.err);
    CHECK(refused.code == 4);
    CHECK(refused.err.find(named) != std::string::npos);
    CHECK(refused.err.find("pawl migrate") != std::string::npos);
    CHECK(job.count("pawl.outbox where deliveries = 0 and lease_epoch is null") == "1");
    role.mend();
  }
  CHECK(job.work(role.environment()).code == 0);
  job.check_everyone_notified();
}

TEST_CASE("P1 P9: a privilege taken away under load pauses what needs it and costs nothing once it is back") {
  FaultJob job;
  const WorkerRole role(job);
  bin::PawlProcess worker({"worker"}, job.environment(role.environment()));
  Producer producer(job, 80);
  for (const std::string table : {"notifications", "pawl.email_deliveries", "pawl.outbox", "pawl.outbox_archive"}) {
    INFO(table);
    REQUIRE(job.eventually_finished(job.finished_count() + 5));
    const std::size_t logged = worker.err().size();
    job.database.exec("revoke all on " + table + " from pawl_worker");
    CHECK(bin::eventually([&] { return worker.err().find("permission denied", logged) != std::string::npos; }));
    role.mend();
  }
  producer.finish();
  job.check_everyone_notified();
  check_drains(worker);
  CHECK(job.no_attempt_burnt());
}

TEST_CASE("a role that a migration of another database of the server creates meanwhile is taken as it is") {
  const Cluster cluster;  // roles are the server's
  const std::string conninfo = cluster.conninfo("postgres");
  storage::migrate_postgres(conninfo, true, postgres_lines(), test_workflows());
  storage::PostgresConnection other(own_session(conninfo)), onlooker(own_session(conninfo));
  std::future<void> granted;
  other.transact("create a role", [&](storage::Transaction& transaction) {
    transaction.script("create role pawl_worker nologin");
    granted = std::async(std::launch::async, [&] { storage::grant_roles(conninfo, true, postgres_lines()); });
    REQUIRE(eventually([&] {
      return onlooker.run("look for who waits", "select count(*) from pg_locks where not granted", {}).string(0, 0) ==
             "1";
    }));
  });
  CHECK_NOTHROW(granted.get());
}
