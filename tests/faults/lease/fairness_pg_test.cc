// The backlog of one organisation, and what becomes of the others behind it.
#include <catch2/catch.hpp>

#include "tests/faults/lease/outbox_scene.h"

using namespace pawl::bin;
using pawl::tests::Organisation;
using pawl::tests::OutboxScene;

namespace {

struct FairnessScene : OutboxScene {
  /// As many failed syncs of the first organisation as bulk SQL can write, in connections of its own.
  void flood(int events) {
    database.exec(
        "insert into pawl.outbox (id, workflow, type, aggregatetype, aggregateid, payload, headers)"
        " select gen_random_uuid(), 'notify-sync-failure', 'pms/connection.sync.failed', 'pms_connection', "
        "gen_random_uuid(), jsonb_build_object('connection_id',"
        " c.id, 'sync_log_id', c.id, 'org_id', c.org_id, 'provider', c.provider, 'label', c.label, 'error_message',"
        " 'failure ' || i, 'occurred_at', '2026-01-01T00:00:00Z'), jsonb_build_object('tenant', c.org_id)"
        " from pms_connections c, generate_series(1, $2::int) i where c.id = $1::uuid",
        {organisation.connection, std::to_string(events)});
    database.exec("analyze pawl.outbox");
  }
  void start_worker() {
    workers.push_back(start("worker-" + std::to_string(workers.size()), {{"PAWL_MAIL", "null:"}}));
    REQUIRE(
        eventually_is("count(*) > 0 from pawl.outbox_archive where store ="
                      " (select store from pawl.workers where epoch = " +
                      epoch_of(*workers.back()) + ")"));
  }
  void check_others_are_notified() {
    const std::string ended_before = count("pawl.outbox_archive");
    std::string others;
    for (int other = 0; other < 5; ++other) {
      const Organisation organisation(database, "other-" + std::to_string(++organisations));
      organisation.fail_sync();
      others += (others.empty() ? "'" : ", '") + organisation.id + "'";
    }
    const std::string emitted_at = now();
    CHECK(eventually_is("count(*) = 10 from notifications where org_id in (" + others + ")"));
    const std::string left = count("pawl.outbox where deliveries = 0");
    const std::string ended = count("pawl.outbox_archive");
    const std::string notified_at =
        database.value("select max(created_at) from notifications where org_id in (" + others + ")");
    WARN(workers.size() << " worker(s): five others were told after " << seconds(emitted_at, notified_at)
                        << " s; finished meanwhile: " << std::stoi(ended) - std::stoi(ended_before)
                        << ", still unclaimed: " << left);
    CHECK(left != "0");
  }
  void check_fairness(int backlog) {
    flood(backlog);
    for (int count = 0; count < 2; ++count) {
      start_worker();
      check_others_are_notified();
      check_others_are_notified();  // once more, now that the scan has been through the queue
    }
  }

  std::vector<Process> workers;
  int organisations = 0;
};

}  // namespace

TEST_CASE("events behind 100,000 of one organisation are told before those, by one worker and by two") {
  FairnessScene().check_fairness(100'000);
}

TEST_CASE("the same behind a million", "[.measure]") { FairnessScene().check_fairness(1'000'000); }
