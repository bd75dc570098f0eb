// Events that take the worker down, or their batch, each time: only they are set aside.
#include <catch2/catch.hpp>
#include <csignal>

#include "tests/faults/lease/outbox_scene.h"

using namespace pawl::bin;
using pawl::tests::Organisation;
using pawl::tests::OutboxScene;

namespace {

constexpr int kDeliveriesMax = 5;

struct PoisonScene : OutboxScene {
  /// Many failed syncs, one of the poisonous organisation in their middle.
  void fail_around_poison(int innocents) {
    fail_syncs(innocents / 2);
    poison.fail_sync();
    fail_syncs(innocents - innocents / 2);
  }
  void check_only_poison_failed(int innocents) {
    CHECK(count("pawl.outbox") == "0");
    CHECK(count("pawl.outbox_archive where status = 'done'") == std::to_string(innocents));
    CHECK(count("pawl.outbox_archive where status = 'failed'") == "1");
    CHECK(count("pawl.outbox_archive where status = 'failed' and aggregateid = '" + poison.connection + "'") == "1");
    CHECK(count("notifications where org_id = '" + organisation.id + "'") == std::to_string(2 * innocents));
    CHECK(count("pawl.v1_emails where state = 'accepted'") == std::to_string(2 * innocents));
  }
  std::string reason() { return database.value("select reason from pawl.outbox_archive where status = 'failed'"); }

  const Organisation poison{database, "poison"};
};

}  // namespace

TEST_CASE("P8: of 2,000 events, the one that crashes the worker each time is set aside alone") {
  for (const std::string step : {"resolve-recipients", "send-email"}) {
    INFO("crashes in " << step);
    constexpr int kInnocents = 2000;
    PoisonScene scene;
    scene.fail_around_poison(kInnocents);
    const Environment settings{{"PAWL_MAIL", "null:"}, {"PAWL_CRASH_ON", scene.poison.connection + "@" + step}};
    int crashes = 0;
    while (crashes <= kDeliveriesMax && scene.work_as("one", settings).code == -SIGKILL) ++crashes;
    WARN(step << ": " << crashes << " crashes; the innocent were delivered "
              << scene.database.value("select round(avg(deliveries), 2) || ' times on average, at most '"
                                      " || max(deliveries) from pawl.outbox_archive where status = 'done'"));
    CHECK(crashes > 1);
    CHECK(crashes <= kDeliveriesMax);
    CHECK(scene.reason().starts_with("set aside"));
    scene.check_only_poison_failed(kInnocents);
  }
}

TEST_CASE("P8: the one event of 500 that Postgres refuses in a batch costs no innocent an attempt") {
  constexpr int kInnocents = 500;
  PoisonScene scene;
  scene.database.exec("alter table notifications add constraint no_poison check (org_id <> '" + scene.poison.id + "')");
  scene.fail_around_poison(kInnocents);
  CHECK(scene
            .work_as("one", {{"PAWL_MAIL", "null:"},
                             {"PAWL_RETRY_NOTIFY_SYNC_FAILURE_CREATE_IN_APP", "first=1s,longest=1s,attempts=2"}})
            .code == 0);
  CHECK(scene.reason().find("no_poison") != std::string::npos);
  CHECK(scene.count("pawl.outbox_archive where status = 'done' and deliveries = 1") == std::to_string(kInnocents));
  CHECK(scene.count("pawl.outbox_archive where status = 'failed'") == "1");
  CHECK(scene.count("notifications") == std::to_string(2 * kInnocents));
  const auto attempts = [&](const std::string& which) {
    const std::string query = "select count(*) from v1_steps where step = 'create-in-app' and " + which;
    return run_pawl({"sql", query, "-o", "ids"}, scene.settings("one")).out;
  };
  CHECK(attempts("attempt = 1") == std::to_string(kInnocents) + "\n");
  CHECK(attempts("attempt = 2 and status = 'failed'") == "1\n");
}
