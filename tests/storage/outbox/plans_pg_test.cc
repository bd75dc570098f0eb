// What a listing reads, by the counters of Postgres: of tables that grow without end no more than it shows.
#include <catch2/catch.hpp>

#include "storage/outbox/fleet/fleet.h"
#include "storage/outbox/fleet/runs.h"
#include "storage/outbox/operators/run_history.h"
#include "tests/storage/outbox/long_history.h"

using namespace pawl;
using namespace pawl::tests;

TEST_CASE_METHOD(LongHistory, "mails in doubt are counted by indexes, for status and top") {
  const auto count = [&] {
    storage::PostgresConnection connection(own_session(conninfo));
    CHECK(storage::read_fleet(connection).in_doubt == 2);
  };
  CHECK(scanned("email_deliveries", count) == 0);
  CHECK(scanned("outbox_archive%", count) == 0);
}

TEST_CASE_METHOD(LongHistory, "who was told is found by indexes, by a user's id and by his address") {
  const auto told = [&](const storage::NotifiedQuestion& question) {
    return scanned("%mail%", [&] { CHECK(storage::runs_that_notified(conninfo, question).size() >= 1); });
  };
  CHECK(told({.user_id = user, .email = "", .since_seconds = 0}) == 0);
  CHECK(told({.user_id = "", .email = "USER9@example.com", .since_seconds = 0}) == 0);
  exec("update pawl.email_deliveries set address = 'everybody@example.com' where address <> 'user9@Example.com'");
  exec("analyze pawl.email_deliveries");
  CHECK(told({.user_id = user, .email = "", .since_seconds = 0}) == 0);
  CHECK(told({.user_id = "", .email = "USER9@example.com", .since_seconds = 0}) == 0);
}

TEST_CASE_METHOD(LongHistory, "runs of one connection, those that failed and the newest of all are listed by indexes") {
  const auto listed = [&](storage::FleetRunFilter filter, std::size_t runs) {
    filter.limit = 50;
    return scanned("outbox_archive%", [&] {
      storage::PostgresConnection connection(own_session(conninfo));
      CHECK(storage::list_fleet_runs(connection, filter).size() == runs);
    });
  };
  CHECK(listed({.aggregate_id = "77"}, 10) == 0);
  CHECK(listed({.statuses = {"failed"}}, 1) == 0);
  CHECK(listed({.statuses = {"failed"}, .since_seconds = 3600}, 1) == 0);
  CHECK(listed({}, 50) == 0);
  std::vector<std::string> ids;
  for (const auto& row : exec("select id from pawl.outbox_archive limit 50")) ids.push_back(row.at(0));
  CHECK(listed({.run_ids = ids}, 50) == 0);
}
