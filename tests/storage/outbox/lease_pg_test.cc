// Epochs: takeover of the dead, restart with the same store, and a clean stop.
#include <catch2/catch.hpp>

#include "engine/authoring/errors.h"
#include "tests/storage/postgres_fixture.h"

using namespace pawl;
using namespace pawl::tests;

namespace {

using Ids = std::vector<std::string>;

struct Fixture : PostgresFixture {
  std::string epoch_of(const std::string& id) {
    return value("select coalesce(lease_epoch, 0) from pawl.outbox where id = $1::uuid", {id});
  }
  std::string deliveries_of(const std::string& id) {
    return value("select deliveries from pawl.outbox where id = $1::uuid", {id});
  }
};

std::string text_of(const Worker& worker) { return std::to_string(worker.epoch.load()); }

}  // namespace

TEST_CASE_METHOD(Fixture, "events of a dead epoch are freed by any worker and delivered a second time") {
  Worker dead(*this), worker(*this);
  dead.open();
  const std::string id = emit();
  REQUIRE(dead.claim().size() == 1);
  worker.open();
  CHECK(worker.claim().empty());
  dead.expire();
  std::vector<engine::Event> events;
  REQUIRE(eventually([&] { return !(events = worker.claim()).empty(); }));
  CHECK(events[0].id == id);
  CHECK(events[0].deliveries == 2);
  CHECK(value("select count(*) from pawl.workers") == "1");
}

TEST_CASE_METHOD(Fixture, "events of an epoch whose row was deleted by hand are freed by any worker's next sweep") {
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

TEST_CASE_METHOD(Fixture, "a zombie's claim, finish, renew and release change nothing") {
  Worker zombie(*this), worker(*this);
  zombie.open();
  emit();
  const auto event = zombie.claim().at(0);
  zombie.expire();
  worker.open();
  REQUIRE(eventually([&] { return !worker.claim().empty(); }));
  CHECK_THROWS_AS(zombie.finish(event), engine::LeaseLostError);
  CHECK_THROWS_AS(zombie.outbox.renew(), engine::LeaseLostError);
  CHECK_THROWS_AS(zombie.outbox.release(std::vector{event.position}), engine::LeaseLostError);
  CHECK_THROWS_AS(zombie.claim(), engine::LeaseLostError);
  if (Worker::can_listen()) CHECK_THROWS_AS(zombie.outbox.sleep(engine::Duration{1}), engine::LeaseLostError);
  CHECK(epoch_of(event.id) == text_of(worker));
  CHECK(value("select count(*) from pawl.outbox_archive") == "0");
  CHECK(value("select count(*) from pawl.workers") == "1");
}

TEST_CASE_METHOD(Fixture, "one row written renews every lease") {
  Worker worker(*this);
  worker.open();
  worker.expire();
  worker.outbox.renew();
  CHECK(value("select expires_at > now() + interval '20 seconds' from pawl.workers") == "t");
}

TEST_CASE_METHOD(Fixture, "a restart with the same store keeps what waits and frees what moved") {
  const std::string store = Worker::new_store();
  Worker crashed(*this, store), restarted(*this, store);
  crashed.open();
  const Ids ids = emit_many(3);
  REQUIRE(crashed.claim().size() == 3);
  const auto registered = restarted.open({ids[0]}, {ids[1]});
  CHECK(registered.foreign.empty());
  CHECK(registered.epoch > crashed.epoch);
  CHECK(epoch_of(ids[0]) == text_of(restarted));
  CHECK(deliveries_of(ids[0]) == "1");
  CHECK(epoch_of(ids[1]) == "0");
  CHECK(epoch_of(ids[2]) == "0");
  const auto again = restarted.claim();
  REQUIRE(again.size() == 2);
  CHECK(again[0].deliveries == 2);
  CHECK_THROWS_AS(crashed.outbox.renew(), engine::LeaseLostError);
  CHECK(value("select count(*) from pawl.workers") == "1");
}

TEST_CASE_METHOD(Fixture, "after a clean stop what was moving counts as not delivered") {
  const std::string store = Worker::new_store();
  Worker stopped(*this, store), restarted(*this, store);
  stopped.open();
  const Ids ids = emit_many(2);
  REQUIRE(stopped.claim().size() == 2);
  stopped.outbox.release({});
  restarted.open({ids[0]}, {ids[1]});
  CHECK(deliveries_of(ids[0]) == "1");
  CHECK(deliveries_of(ids[1]) == "0");
}

TEST_CASE_METHOD(Fixture, "events finished or held elsewhere are foreign") {
  const std::string store = Worker::new_store();
  Worker crashed(*this, store), other(*this), restarted(*this, store);
  crashed.open();
  other.open();
  const Ids ids = emit_many(5);
  const auto events = crashed.claim();
  REQUIRE(events.size() == 5);
  crashed.finish(events[0]);
  crashed.expire();
  REQUIRE(eventually([&] { return !other.claim(2).empty(); }));  // frees all, takes two
  const auto registered = restarted.open({ids[0], ids[1], ids[3]}, {ids[2], ids[4], Worker::new_store()});
  CHECK(Ids(registered.foreign.begin(), registered.foreign.end() - 1) == Ids{ids[0], ids[1], ids[2]});
  CHECK(registered.foreign.size() == 4);
  CHECK(epoch_of(ids[1]) == text_of(other));
  CHECK(epoch_of(ids[3]) == text_of(restarted));
  CHECK(epoch_of(ids[4]) == "0");
}

TEST_CASE_METHOD(Fixture, "P9: an event that was resumed meanwhile is not kept for the run of an earlier delivery") {
  const std::string store = Worker::new_store();
  Worker silent(*this, store), other(*this), restarted(*this, store);
  silent.open();
  other.open();
  const std::string id = emit();
  const auto delivered = silent.claim();
  REQUIRE(delivered.size() == 1);
  silent.expire();
  std::vector<engine::Event> taken;
  REQUIRE(eventually([&] { return !(taken = other.claim()).empty(); }));
  REQUIRE(other.finish(taken[0], engine::RunStatus::kFailed, "refused") == 1);
  REQUIRE(value("select pawl.resume($1::uuid, 'test')", {id}) == "resumed");
  const auto registered = restarted.outbox.open({store, {{id, delivered[0].position}}, {}});
  CHECK(Ids(registered.foreign) == Ids{id});
  CHECK(epoch_of(id) == "0");
}

TEST_CASE_METHOD(Fixture, "released events come back as if never delivered, and waiting ones stay leased") {
  Worker worker(*this), other(*this);
  worker.open();
  other.open();
  const Ids ids = emit_many(2);
  const auto events = worker.claim();
  REQUIRE(events.size() == 2);
  for (int repeat = 0; repeat < 2; ++repeat) worker.outbox.release(std::vector{events[1].position});
  CHECK(deliveries_of(ids[1]) == "0");
  CHECK(epoch_of(ids[0]) == text_of(worker));
  CHECK(value("select state from pawl.v1_workers where epoch = $1::bigint", {text_of(worker)}) == "stopped");
  std::vector<engine::Event> taken;
  REQUIRE(eventually([&] { return !(taken = other.claim()).empty(); }));
  CHECK(taken[0].id == ids[1]);
  CHECK(taken[0].deliveries == 1);
}

TEST_CASE_METHOD(Fixture, "opening again under the same object starts a new epoch") {
  Worker worker(*this);
  worker.open();
  const std::string id = emit();
  REQUIRE(worker.claim().size() == 1);
  const auto first = worker.epoch.load();
  worker.open({}, {id});
  CHECK(worker.epoch > first);
  CHECK(worker.claim_ids() == Ids{id});
}

TEST_CASE_METHOD(Fixture,
                 "an epoch is not given out again when its sequence goes back, as after a failover that lost it") {
  Worker lost(*this), other(*this);
  lost.open();
  exec("delete from pawl.workers");
  exec("alter table pawl.workers alter epoch restart");
  other.open();
  CHECK(other.epoch != lost.epoch);
  CHECK_THROWS_AS(lost.outbox.renew(), engine::LeaseLostError);
}

TEST_CASE_METHOD(Fixture, "a registration of many thousand runs is taken up") {
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
