// Who goes on with the events of a worker that died, and how soon.
#include <catch2/catch.hpp>
#include <csignal>

#include "tests/faults/lease/outbox_scene.h"

using namespace pawl::bin;
using pawl::tests::OutboxScene;

namespace {

// 127.0.0.1 refuses on the discard port: the circuit of send-email opens, and every run waits for it.
const std::string kNoRelay = "smtp://127.0.0.1:9?tls=none";

// Times by Postgres' clock.
void check_takeover(const std::string& lease) {
  OutboxScene scene({"--fail", "greeting=stall"});
  const auto victim = scene.start("victim", {{"PAWL_LEASE", lease}});
  scene.fail_syncs(50);
  REQUIRE(scene.eventually_is("count(*) = 100 from notifications"));
  const auto heir = scene.start("heir", {{"PAWL_MAIL", "null:"}, {"PAWL_LEASE", lease}});
  const std::string expiry =
      scene.database.value("select expires_at from pawl.workers where epoch = " + scene.epoch_of(*victim));
  const std::string killed_at = scene.now();
  victim->signal(SIGKILL);
  victim->wait();
  CHECK(scene.eventually_is("count(*) = 50 from pawl.outbox_archive"));
  const std::string first = scene.database.value("select min(finished_at) from pawl.outbox_archive");
  CHECK(scene.is("min(finished_at) > '" + expiry + "' from pawl.outbox_archive"));
  CHECK(scene.is("bool_and(deliveries = 2) from pawl.outbox_archive"));
  CHECK(scene.everyone_was_notified(50));
  WARN("lease " << lease << ": the first event was finished " << scene.seconds(killed_at, first)
                << " s after the kill, " << scene.seconds(expiry, first) << " s after the lease had expired");
}

}  // namespace

TEST_CASE("P1: a worker that never comes back is taken over once its lease has expired") { check_takeover("2s"); }
TEST_CASE("P1: the same with the default lease", "[.measure]") { check_takeover("30s"); }

TEST_CASE("what was in flight is resumed at once by a restart on the same file") {
  OutboxScene scene({"--fail", "greeting=stall"});
  auto killed = scene.start("one");
  scene.fail_syncs(1500);
  REQUIRE(scene.eventually_is("count(*) = 3000 from notifications"));
  REQUIRE(scene.is("count(*) = 1500 from pawl.outbox where lease_epoch is not null"));
  killed->signal(SIGKILL);
  killed->wait();
  const std::string restarted_at = scene.now();
  const auto restarted = scene.start("one", {{"PAWL_MAIL", "null:"}});
  const std::string registered_at = scene.now();
  CHECK(scene.eventually_is("count(*) = 0 from pawl.outbox where deliveries = 1"));
  const std::string resumed_at = scene.now();
  CHECK(scene.eventually_is("count(*) = 1500 from pawl.outbox_archive"));
  const auto after = [&](const std::string& when) { return scene.seconds(restarted_at, when); };
  WARN("1,500 in flight: registered after "
       << after(registered_at) << " s, all resumed after " << after(resumed_at) << " s, all finished after "
       << after(scene.database.value("select max(finished_at) from pawl.outbox_archive")) << " s");
  CHECK(scene.is("bool_and(deliveries = 2) from pawl.outbox_archive"));
  CHECK(scene.everyone_was_notified(1500));
}

TEST_CASE("what waited is kept by a restart on the same file, and counts as no delivery") {
  OutboxScene scene;
  auto killed = scene.start("one", {{"PAWL_MAIL", kNoRelay}});
  scene.fail_syncs(10'000);
  REQUIRE(scene.eventually_is("count(*) = 20000 from notifications"));
  REQUIRE(eventually([&] { return scene.waiting("one") == 10'000; }));
  killed->signal(SIGKILL);
  killed->wait();
  const std::string restarted_at = scene.now();
  const auto restarted = scene.start("one", {{"PAWL_MAIL", kNoRelay}});
  const std::string epoch = scene.epoch_of(*restarted);
  const std::string registered_at = scene.now();
  // one of them may have been out to try the relay when the worker died
  CHECK(scene.is("count(*) >= 9999 from pawl.outbox where deliveries = 1 and lease_epoch = " + epoch));
  scene.organisation.fail_sync("the next one");
  CHECK(scene.eventually_is("count(*) = 20002 from notifications"));
  WARN("10,000 waiting: registered after " << scene.seconds(restarted_at, registered_at)
                                           << " s, a new event notified after "
                                           << scene.seconds(restarted_at, scene.now()) << " s");
}

TEST_CASE("ten thousand events of a dead worker are taken over while the heartbeat goes on") {
  OutboxScene scene;
  const std::string dead = scene.database.value(
      "insert into pawl.workers (store, host, pid, version, expires_at)"
      " values (gen_random_uuid(), 'gone', 1, '1', now() + interval '1 hour') returning epoch");
  scene.fail_syncs(10'000);
  scene.database.exec("update pawl.outbox set deliveries = 1, lease_epoch = " + dead);
  const auto heir = scene.start("heir", {{"PAWL_MAIL", "null:"}});
  const std::string epoch = scene.epoch_of(*heir);
  scene.expire_lease(dead);
  const std::string expired_at = scene.now();
  std::string freed_at, taken_at;
  double slowest = 0;
  CHECK(eventually([&] {
    CHECK(scene.count("pawl.workers where expires_at > clock_timestamp() and epoch = " + epoch) == "1");
    slowest = std::max(slowest, scene.longest_statement());
    if (freed_at.empty() && scene.count("pawl.workers") == "1") freed_at = scene.now();
    if (taken_at.empty() && scene.count("pawl.outbox where deliveries = 1") == "0") taken_at = scene.now();
    return scene.count("pawl.outbox") == "0";
  }));
  const auto after = [&](const std::string& when) { return scene.seconds(expired_at, when); };
  WARN("10,000 leased events: freed after " << after(freed_at) << " s, all claimed after " << after(taken_at)
                                            << " s, all finished after " << after(scene.now())
                                            << " s; longest statement seen " << slowest << " s");
  CHECK(scene.is("bool_and(deliveries = 2) from pawl.outbox_archive"));
  CHECK(scene.everyone_was_notified(10'000));
}

TEST_CASE("P1 P4 P5: two workers killed in turn tell everyone, each copy of a mail explained") {
  OutboxScene scene;
  const Environment patient{{"PAWL_DELIVERIES_MAX", "50"}};
  constexpr int kEvents = 300;
  scene.fail_syncs(kEvents);
  std::map<std::string, OutboxScene::Process> workers;
  for (const char* store : {"one", "two"}) workers[store] = scene.start(store, patient);
  int kills = 0;
  for (const char* store : {"one", "two", "one", "two", "one", "two"}) {
    const std::string told = "count(*) >= " + std::to_string((kills + 1) * kEvents / 4) + " from notifications";
    REQUIRE(scene.eventually_is(told));
    auto& worker = workers[store];
    worker->signal(SIGKILL);
    kills += worker->wait() == -SIGKILL;
    worker = scene.start(store, patient);
  }
  CHECK(kills == 6);
  CHECK(scene.eventually_is("count(*) = " + std::to_string(kEvents) + " from pawl.outbox_archive"));
  CHECK(scene.everyone_was_notified(kEvents));
  CHECK(scene.copies_are_explained());
}
