// The server's own timeouts set low, locks that are held, and a full disk.
#include <catch2/catch.hpp>

#include "storage/postgres/errors.h"
#include "tests/faults/postgres/fault_job.h"

using namespace pawl;
using namespace pawl::tests;

namespace {

const std::vector<std::string> kTables{"pawl.outbox", "notifications", "pawl.email_deliveries", "pawl.outbox_archive"};

// Holds a lock on each table in turn until the worker has said so much.
void lock_each_table(FaultJob& job, bin::PawlProcess& worker, const std::string& said) {
  for (const std::string& table : kTables) {
    INFO(table);
    storage::PostgresConnection other(tests::holding_session(job.database.conninfo));
    const std::size_t before = worker.err().size();
    other.transact("hold a lock", [&](storage::Transaction& transaction) {
      transaction.run("set local statement_timeout = 0");
      transaction.run("set local lock_timeout = 0");
      transaction.run("set local idle_in_transaction_session_timeout = 0");
      if (table != "pawl.outbox") job.organisation.fail_sync();
      transaction.run("lock table " + table);
      CHECK(bin::eventually([&] { return worker.err().find(said, before) != std::string::npos; }));
    });
    CHECK(bin::eventually([&] { return job.ask("select count(*) from pawl.outbox") == "0"; }));
  }
}

void set_for_database(FaultJob& job, const std::string& setting, const std::string& value) {
  job.database.exec("alter database " + job.database.name + " set " + setting + " = '" + value + "'");
}

}  // namespace

TEST_CASE("P1 P9: statements that Postgres ends for their length pause the worker and cost no attempt") {
  FaultJob job;
  job.database.exec("select 1");
  set_for_database(job, "statement_timeout", "400ms");
  bin::PawlProcess worker({"worker"}, job.environment());
  job.organisation.fail_sync();
  REQUIRE(job.eventually_finished(1));
  lock_each_table(job, worker, "due to statement timeout");
  job.check_everyone_notified();
  check_drains(worker);
  CHECK(job.no_attempt_burnt());
}

TEST_CASE("P1 P9: a lock that outlasts the worker's patience pauses it and costs no attempt") {
  FaultJob job;
  bin::PawlProcess worker({"worker"}, job.environment({{"PAWL_POSTGRES_TIMEOUT", "2s"}}));
  job.organisation.fail_sync();
  REQUIRE(job.eventually_finished(1));
  lock_each_table(job, worker, "due to lock timeout");
  job.check_everyone_notified();
  check_drains(worker);
  CHECK(job.no_attempt_burnt());
}

TEST_CASE("P1 P9: sessions that Postgres ends for idleness are opened again and cost no attempt") {
  FaultJob job;
  const int before = job.cluster.logged("due to idle-session timeout");
  set_for_database(job, "idle_session_timeout", "20ms");
  set_for_database(job, "idle_in_transaction_session_timeout", "20ms");
  bin::PawlProcess worker({"worker"}, job.environment());
  Producer producer(job, 40);
  producer.finish();
  job.check_everyone_notified();
  CHECK(job.cluster.logged("due to idle-session timeout") > before);
  check_drains(worker);
  CHECK(job.no_attempt_burnt());
}

TEST_CASE("a transaction that Postgres ends for its idleness is repeated as a whole") {
  FaultJob job;
  storage::PostgresConnection connection(tests::own_session(job.database.conninfo));
  int tries = 0;
  connection.transact("dawdle", [&](storage::Transaction& transaction) {
    if (++tries == 1) transaction.run("set local idle_in_transaction_session_timeout = '10ms'");
    transaction.run("insert into users (email) values ('once@example.test')");
    const std::string pid = transaction.run("select pg_backend_pid()").string(0, 0);
    if (tries == 1) CHECK(bin::eventually([&] { return job.count("pg_stat_activity where pid = " + pid) == "0"; }));
    transaction.run("select 1");
  });
  CHECK(tries == 2);
  CHECK(job.count("users where email = 'once@example.test'") == "1");
}

TEST_CASE("P1 P9: a full disk under Postgres pauses the worker and costs no attempt") {
  FaultJob job;
  bin::PawlProcess worker({"worker"}, job.environment());
  job.organisation.fail_sync();
  REQUIRE(job.eventually_finished(1));
  job.database.exec(
      "create function full_disk() returns trigger language plpgsql as $$ begin"
      " raise exception 'could not extend file: No space left on device' using errcode = 'disk_full'; end $$");
  for (const std::string& table : kTables) {
    INFO(table);
    const std::size_t before = worker.err().size();
    job.database.exec("create trigger full_disk before insert or update on " + table +
                      " for each statement when (current_setting('application_name') <> 'test') "
                      "execute function full_disk()");
    job.database.exec("set application_name = 'test'");
    job.organisation.fail_sync();
    CHECK(bin::eventually([&] { return worker.err().find("No space left on device", before) != std::string::npos; }));
    job.database.exec("drop trigger full_disk on " + table);
    CHECK(bin::eventually([&] { return job.ask("select count(*) from pawl.outbox") == "0"; }));
  }
  job.check_everyone_notified();
  check_drains(worker);
  CHECK(job.no_attempt_burnt());
}
