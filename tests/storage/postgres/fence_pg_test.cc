// The fence: who may write under an epoch, and what ends one.
#include <catch2/catch.hpp>
#include <future>

#include "engine/authoring/errors.h"
#include "storage/postgres/fence.h"
#include "tests/storage/postgres_fixture.h"

using namespace pawl;
using namespace pawl::tests;

namespace {

struct FenceFixture : PostgresFixture {
  Worker worker{*this};
  FenceFixture() {
    worker.open();
    exec("create table public.effects (epoch bigint, store text)");
  }
  std::string epoch() const { return std::to_string(worker.epoch.load()); }
};

const std::string kWrite = "with " + storage::fence({.columns = ", store"}) +
                           ", written as (insert into public.effects select epoch, store from mine) select " +
                           storage::kLeaseHeld;

}  // namespace

TEST_CASE_METHOD(FenceFixture, "a fenced statement writes while its epoch lives, and nothing once that is over") {
  CHECK(value(kWrite, {epoch()}) == "t");
  CHECK(exec("select * from public.effects") == Table{{epoch(), worker.store}});
  exec("delete from pawl.workers");
  CHECK(value(kWrite, {epoch()}) == "f");
  CHECK(value("select count(*) from public.effects") == "1");
}

TEST_CASE_METHOD(FenceFixture, "a fence with a condition is open only while that holds") {
  const std::string sql = "with " + storage::fence({.parameter = "$2", .condition = " and claims_from <= $1::int"}) +
                          " select " + storage::kLeaseHeld;
  CHECK(value(sql, {"7", epoch()}) == "t");
  exec("update pawl.workers set claims_from = 8");
  CHECK(value(sql, {"7", epoch()}) == "f");
}

TEST_CASE_METHOD(FenceFixture, "whoever ends an epoch waits for what is being written under it") {
  storage::PostgresConnection other(conninfo);
  std::future<void> ended;
  connection.transact("write slowly", [&](storage::Transaction& transaction) {
    REQUIRE(transaction.run(kWrite, {epoch()}).boolean(0, 0));
    ended = std::async(std::launch::async, [&] { other.run("end the epoch", "delete from pawl.workers", {}); });
    CHECK(eventually([&] { return transaction.run("select from pg_locks where not granted", {}).size() > 0; }));
  });
  ended.get();
  CHECK(value(kWrite, {epoch()}) == "f");
  CHECK(value("select count(*) from public.effects") == "1");
}

TEST_CASE("a lease that is lost is told with the operation and the epoch; one that is held is not") {
  CHECK_NOTHROW(storage::require_lease(true, "archive events", 7));
  CHECK_THROWS_AS(storage::require_lease(false, "archive events", 7), engine::LeaseLostError);
  CHECK_THROWS_WITH(storage::require_lease(false, "archive events", 7),
                    Catch::StartsWith("outbox, archive events: epoch 7 is over"));
}
