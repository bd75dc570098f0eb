// Epochs: takeover of the dead, restart with the same store, and a clean stop.
#include <catch2/catch.hpp>

#include "engine/authoring/errors.h"
#include "tests/storage/postgres_fixture.h"

using namespace pawl;
using namespace pawl::tests;

namespace {

using Ids = std::vector<std::string>;

std::string text_of(const Worker& worker) { return std::to_string(worker.epoch.load()); }

}  // namespace

TEST_CASE_METHOD(PostgresFixture,
                 "events of an epoch whose row was deleted by hand are freed by any worker's next sweep") {
  Worker worker(*this), other(*this);
  worker.open();
  const auto ids = emit_many(3);
  REQUIRE(worker.claim().size() == 3);
  other.open();
  REQUIRE(other.claim().empty());
  exec("delete from pawl.workers where epoch = $1::bigint", {text_of(worker)});
  Ids freed;
  CHECK(eventually([&] {
    for (const std::string& id : other.claim_ids()) freed.push_back(id);
    return freed.size() == 3;
  }));
  CHECK(freed == ids);
}

TEST_CASE_METHOD(PostgresFixture, "a zombie that would sleep is told that its lease is lost", "[session]") {
  Worker zombie(*this), worker(*this);
  zombie.open();
  zombie.expire();
  worker.open();
  worker.claim();
  CHECK_THROWS_AS(zombie.outbox.sleep(engine::Duration{1}), engine::LeaseLostError);
  CHECK(value("select count(*) from pawl.workers") == "1");
}

TEST_CASE_METHOD(PostgresFixture, "one row written renews every lease") {
  Worker worker(*this);
  worker.open();
  worker.expire();
  worker.outbox.renew();
  CHECK(value("select expires_at > now() + interval '20 seconds' from pawl.workers") == "t");
}

TEST_CASE_METHOD(PostgresFixture, "a worker that has released its events is shown as stopped") {
  Worker worker(*this);
  worker.open();
  worker.outbox.release({});
  CHECK(value("select state from pawl.v1_workers where epoch = $1::bigint", {text_of(worker)}) == "stopped");
}

TEST_CASE_METHOD(PostgresFixture,
                 "an epoch is not given out again when its sequence goes back, as after a failover that lost it") {
  Worker lost(*this), other(*this);
  lost.open();
  exec("delete from pawl.workers");
  exec("alter table pawl.workers alter epoch restart");
  other.open();
  CHECK(other.epoch != lost.epoch);
  CHECK_THROWS_AS(lost.outbox.renew(), engine::LeaseLostError);
}

TEST_CASE_METHOD(PostgresFixture, "a registration of many thousand runs is taken up") {
  const std::string store = Worker::new_store();
  Worker crashed(*this, store), restarted(*this, store);
  crashed.open();
  const Ids ids = emit_many(12'000);
  REQUIRE(crashed.claim(12'000).size() == 12'000);
  CHECK(restarted.open(ids).foreign.empty());
  CHECK(value("select count(*) from pawl.outbox where lease_epoch = $1::bigint", {text_of(restarted)}) == "12000");
}

TEST_CASE_METHOD(PostgresFixture, "a role that may only read is told so by the setting's name, and what to set",
                 "[session]") {
  exec("alter database " + name + " set default_transaction_read_only = on");
  Worker worker(*this);
  CHECK_THROWS_AS(worker.open(), engine::UnavailableError);
  CHECK_THROWS_WITH(worker.open(), Catch::Contains("default_transaction_read_only is on") &&
                                       Catch::Contains("target_session_attrs=read-write"));
}

TEST_CASE_METHOD(PostgresFixture, "a worker on a copy of the file is found out though host and pid are the same") {
  Worker one(*this, Worker::new_store()), copy(*this, one.store);
  one.open();
  one.open();  // its own registration is no other's
  copy.open();
  CHECK_THROWS_WITH(one.open(), Catch::Contains("copy of this checkpoint file"));
  CHECK_NOTHROW(copy.open());
}
