// Leases of real workers: stopped, locked out, slow, and fenced.
#include <catch2/catch.hpp>
#include <csignal>

#include "tests/faults/lease/outbox_scene.h"

using namespace pawl::bin;
using pawl::tests::OutboxScene;

TEST_CASE("P4 P5 F12: a worker stopped past its lease wakes as a zombie and changes nothing") {
  OutboxScene scene({"--fail", "dot:owner*1=wait=1"});
  scene.organisation.fail_sync();
  const auto zombie = scene.start("zombie");
  REQUIRE(eventually([&] { return scene.smtp.count("DOT") == 2; }));  // both mails are out, one without an answer
  zombie->signal(SIGSTOP);
  const std::string dead = scene.epoch_of(*zombie);
  REQUIRE(scene.count("pawl.v1_emails where settled_at is null") != "0");
  const auto heir = scene.start("heir");
  REQUIRE(scene.eventually_is("count(*) = 1 from pawl.outbox_archive"));
  const std::string truth =
      "(select jsonb_agg(to_jsonb(a)) from pawl.outbox_archive a) || (select jsonb_agg(to_jsonb(e) order by user_id)"
      " from pawl.email_deliveries e) || (select jsonb_agg(to_jsonb(n) order by user_id) from notifications n)";
  const std::string before = scene.database.value("select " + truth);

  zombie->signal(SIGCONT);
  CHECK(scene.eventually_is("count(*) = 2 from pawl.workers where epoch > " + dead));  // under a new epoch
  CHECK(scene.database.value("select " + truth) == before);
  CHECK(scene.count("pawl.workers where epoch = " + dead) == "0");
  // what it had settled before it was stopped stays under its epoch
  CHECK(scene.count("pawl.email_deliveries where settled_at is null and epoch = " + dead) == "0");
  CHECK(scene.everyone_was_notified(1));
  CHECK(scene.copies_are_explained());
  CHECK(scene.count("pawl.v1_emails where in_doubt_count > 0") != "0");
  CHECK(zombie->err().find("lease lost") != std::string::npos);
}

TEST_CASE("a worker that cannot renew starts no effect once its lease may have expired") {
  OutboxScene scene;
  const auto worker = scene.start("fenced", {{"PAWL_MAIL", "null:"}, {"PAWL_DOORBELL", "poll"}});
  pawl::storage::PostgresConnection other(pawl::tests::own_session(scene.database.conninfo));
  std::string expiry;
  other.transact("lock the worker's row", [&](pawl::storage::Transaction& transaction) {
    // not its key: what the worker writes under its epoch passes, only the renewal waits
    expiry = transaction.run("select expires_at from pawl.workers for no key update").string(0, 0);
    CHECK(eventually([&] {
      scene.organisation.fail_sync();
      return scene.is("clock_timestamp() > '" + expiry + "'::timestamptz + interval '1 s'");
    }));
    CHECK(scene.count("notifications") != "0");
    CHECK(scene.count("notifications where created_at >= '" + expiry + "'") == "0");
    CHECK(scene.count("pawl.v1_emails where claimed_at >= '" + expiry + "'") == "0");
    CHECK(scene.count("pawl.outbox where deliveries = 0") != "0");
  });
  const std::string last =
      scene.database.value("select max(claimed_at) from pawl.v1_emails where claimed_at < $1", {expiry});
  WARN("the last effect began " << scene.seconds(last, expiry) << " s before the lease of 2 s would have expired");
  CHECK(scene.eventually_is("count(*) = 0 from pawl.outbox"));  // the lease was not taken over, so it goes on
  CHECK(scene.count("pawl.outbox_archive where deliveries <> 1") == "0");
}

TEST_CASE("F13: the heartbeat keeps the lease while a mail takes longer than it") {
  OutboxScene scene({"--fail", "dot:owner*1=wait=5"});
  const auto idle = scene.start("idle");
  scene.organisation.fail_sync();
  const auto worker = scene.start("worker");
  CHECK(scene.eventually_is("count(*) = 1 from pawl.outbox_archive"));
  CHECK(scene.is("max(settled_at - claimed_at) > interval '4 s' from pawl.v1_emails"));
  CHECK(scene.is("max(deliveries) = 1 from pawl.outbox_archive"));
  CHECK(scene.is("sum(in_doubt_count) = 0 from pawl.v1_emails"));
  CHECK(scene.smtp.received().size() == 2);
  CHECK(scene.everyone_was_notified(1));
}

TEST_CASE("an archive statement that waits for a lock costs no lease") {
  OutboxScene scene;
  const auto worker = scene.start("worker", {{"PAWL_MAIL", "null:"}});
  const auto idle = scene.start("idle", {{"PAWL_MAIL", "null:"}});
  const std::string leases = "select string_agg(epoch::text, ' ' order by epoch) from pawl.workers";
  const std::string before = scene.database.value(leases);
  pawl::storage::PostgresConnection other(pawl::tests::own_session(scene.database.conninfo));
  other.transact("lock the archive", [&](pawl::storage::Transaction& transaction) {
    transaction.run("lock table pawl.outbox_archive in exclusive mode");
    const std::string locked_at = scene.now();
    scene.organisation.fail_sync();
    CHECK(eventually([&] {
      CHECK(scene.count("pawl.workers where expires_at < clock_timestamp()") == "0");
      return scene.is("clock_timestamp() > '" + locked_at + "'::timestamptz + interval '5 s'");
    }));
    CHECK(scene.is("count(*) > 0 from pg_locks where not granted and relation = 'pawl.outbox_archive'::regclass"));
  });
  CHECK(scene.eventually_is("count(*) = 1 from pawl.outbox_archive"));
  CHECK(scene.database.value(leases) == before);
  CHECK(scene.is("max(deliveries) = 1 from pawl.outbox_archive"));
}

TEST_CASE("F14: a second worker on one checkpoint file is refused and takes no lease") {
  OutboxScene scene;
  const auto first = scene.start("one");
  const std::string epoch = scene.epoch_of(*first);
  CHECK(scene.work_as("one").code == 4);
  CHECK(scene.database.value("select max(epoch) from pawl.workers") == epoch);
  CHECK(scene.is("count(*) = 1 from pawl.workers where expires_at > clock_timestamp()"));
}
