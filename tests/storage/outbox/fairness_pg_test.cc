// Claims when a few keys fill the queue.
#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/storage/postgres_fixture.h"

using namespace pawl;
using namespace pawl::tests;

namespace {

struct FairnessFixture : PostgresFixture {
  FairnessFixture() { worker.open(); }
  std::vector<std::string> emit_of(const std::string& tenant, int count) {
    std::vector<std::string> ids;
    for (const auto& row : exec("select pawl.emit('test/event', 'thing', '1', jsonb_build_object('org_id', $1::text))"
                                " from generate_series(1, $2::int)",
                                {tenant, std::to_string(count)}))
      ids.push_back(row[0]);
    return ids;
  }
  static bool holds(const std::vector<std::string>& ids, const std::string& id) {
    return std::find(ids.begin(), ids.end(), id) != ids.end();
  }
  Worker worker{*this};
};

}  // namespace

TEST_CASE_METHOD(FairnessFixture, "while no key fills the queue, claims go by position") {
  std::vector<std::string> all;
  for (int tenant = 0; tenant < 200; ++tenant) all.push_back(emit_of(std::to_string(tenant), 1).at(0));
  std::vector<std::string> claimed;
  for (int time = 0; time < 20; ++time)
    for (const std::string& id : worker.claim_ids(10)) claimed.push_back(id);
  CHECK(claimed == all);
}

TEST_CASE_METHOD(FairnessFixture, "events behind a tenant's queue get up to half of each claim, in order of position") {
  emit_of("hot", 1000);
  const auto cold = emit_of("cold", 15);
  REQUIRE(worker.claim(100).size() == 100);
  const auto next = worker.claim_ids(20);
  CHECK(next.size() == 20);
  CHECK(std::count_if(next.begin(), next.end(), [&](const auto& id) { return holds(cold, id); }) == 10);
  for (int i = 0; i < 10; ++i) CHECK(holds(next, cold[static_cast<std::size_t>(i)]));
  const auto last = worker.claim_ids(20);
  for (std::size_t i = 10; i < 15; ++i) CHECK(holds(last, cold[i]));
  CHECK(last.size() == 20);
}

TEST_CASE_METHOD(FairnessFixture, "a gap in the positions keeps nobody behind it waiting") {
  emit_of("hot", 1000);
  exec("select setval(pg_get_serial_sequence('pawl.outbox', 'position'), 1000000000)");
  const std::string cold = emit_of("cold", 1).at(0);
  REQUIRE(worker.claim(100).size() == 100);
  const auto first = worker.claim_ids(20), second = worker.claim_ids(20);
  CHECK((holds(first, cold) || holds(second, cold)));
}

TEST_CASE_METHOD(FairnessFixture, "an event that commits late behind the scan is found by its next pass") {
  emit_of("hot", 5000);
  storage::PostgresConnection other(conninfo);
  std::string late;
  other.transact("emit and commit late", [&](storage::Transaction& transaction) {
    late = transaction.run("select pawl.emit('test/event', 'thing', '1', '{\"org_id\": \"cold\"}')").string(0, 0);
    const std::string later = emit_of("cold", 1).at(0);
    REQUIRE(worker.claim(100).size() == 100);
    CHECK(eventually([&] { return holds(worker.claim_ids(2), later); }));
    worker.claim(2);
  });
  CHECK(eventually([&] { return holds(worker.claim_ids(2), late); }));
  CHECK(value("select count(*) > 0 from pawl.outbox where deliveries = 0") == "t");
}

TEST_CASE_METHOD(FairnessFixture, "two workers claim for quiet tenants side by side and share no event") {
  Worker second(*this);
  second.open();
  emit_of("hot", 1000);
  const auto cold = emit_of("cold", 10);
  std::vector<std::string> claimed;
  for (int time = 0; time < 3; ++time)
    for (Worker* each : {&worker, &second})
      for (const std::string& id : each->claim_ids(100)) claimed.push_back(id);
  for (const std::string& id : cold) CHECK(holds(claimed, id));
  std::sort(claimed.begin(), claimed.end());
  CHECK(std::adjacent_find(claimed.begin(), claimed.end()) == claimed.end());
  CHECK(claimed.size() == 600);
}
