// Postgres goes away under load: restarts, ended sessions, and a commit whose reply is lost on the way.
#include <catch2/catch.hpp>

#include "engine/authoring/errors.h"
#include "tests/faults/postgres/fault_job.h"

using namespace pawl;
using namespace pawl::tests;

namespace {

// Restarts it the given ways, each in the middle of what producer and worker do.
void restart_under_load(FaultJob& job, const std::vector<std::string>& modes) {
  bin::PawlProcess worker({"worker"}, job.environment());
  Producer producer(job, 100);
  int so_far = 0;
  for (const std::string& mode : modes) {
    REQUIRE(job.eventually_finished(so_far + 10));
    job.cluster.restart(mode);
    so_far = job.finished_count();
  }
  producer.finish();
  job.check_everyone_notified();
  CHECK(job.finished_count() >= producer.acknowledged());
  check_drains(worker);
  CHECK(job.no_attempt_burnt());
}

}  // namespace

TEST_CASE("P1 P4 P5: Postgres restarts fast and immediately under load, several times") {
  FaultJob job;
  const int recoveries = job.cluster.logged("was not properly shut down");
  restart_under_load(job, {"fast", "immediate", "fast", "immediate"});
  CHECK(job.cluster.logged("was not properly shut down") == recoveries + 2);
}

TEST_CASE("P1 P4 P5: sessions of the worker and of the producers are ended at random under load") {
  FaultJob job;
  bin::PawlProcess worker({"worker"}, job.environment());
  Producer producer(job, 100);
  int ended = 0;
  for (int so_far = 0; so_far < 150; so_far = job.finished_count()) {
    REQUIRE(job.eventually_finished(so_far + 5));
    ended += job.terminate_sessions("random() < 0.4");
  }
  producer.finish();
  CHECK(ended > 10);
  job.check_everyone_notified();
  CHECK(job.finished_count() >= producer.acknowledged());
  check_drains(worker);
  CHECK(job.no_attempt_burnt());
}

TEST_CASE("a worker that has listened lets the application prepare transactions once Postgres allows them") {
  FaultJob job;
  PostgresFixture& database = job.database;
  const auto restart_with = [&](const std::string& transactions) {
    database.exec("alter system set max_prepared_transactions = " + transactions);
    job.cluster.restart("fast");
  };
  restart_with("0");
  storage::Epoch epoch{0};
  storage::PostgresOutbox outbox({.address = database.conninfo, .version = "test", .listen = std::nullopt}, epoch);
  outbox.open({Worker::new_store(), {}, {}});
  outbox.sleep(std::chrono::milliseconds{1});
  CHECK(database.value("select count(*) from pawl.workers where asleep") == "1");

  restart_with("10");
  CHECK(eventually([&] {
    try {
      outbox.claim({test_workflows(), {1, 5, {}}});
      outbox.sleep(std::chrono::milliseconds{1});
    } catch (const engine::UnavailableError&) {
    }
    return database.value("select count(*) from pawl.workers where asleep") == "0";
  }));
  database.connection.transact("prepare", [&](storage::Transaction& transaction) {
    transaction.run("select pawl.emit('test/event', 'thing', '1', '{}')");
    transaction.script("prepare transaction 'of_the_application'");
  });
  database.exec("rollback prepared 'of_the_application'");
  database.exec("alter system reset max_prepared_transactions");
}
