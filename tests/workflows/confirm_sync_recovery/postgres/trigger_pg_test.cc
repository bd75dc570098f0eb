// The trigger on sync logs that ends outages: one event an outage, together with the success, and nobody waits.
#include <catch2/catch.hpp>

#include "engine/authoring/errors.h"
#include "tests/workflows/confirm_sync_recovery/postgres/fixture.h"

using namespace pawl;
using namespace pawl::tests;

namespace {

/// A second session of the application's. Whatever it had to wait for would be an error.
struct OtherSession {
  explicit OtherSession(const RecoveryFixture& fixture)
      : connection(own_session("dbname=" + fixture.name + " options='-c search_path=public -c lock_timeout=1ms'")),
        connection_id(fixture.acme.connection) {}
  void succeed() { connection.run_once("succeed", RecoveryFixture::success_sql(), {connection_id}); }
  void fail() {
    connection.run_once("fail", "insert into pms_sync_logs (connection_id, status) values ($1::uuid, 'error')",
                        {connection_id});
  }
  storage::PostgresConnection connection;
  const std::string connection_id;
};

struct TriggerFixture : RecoveryFixture {
  /// A success in a transaction of its own, in the middle of which `meanwhile` happens.
  void succeed_while(const std::function<void()>& meanwhile, bool commit = true) {
    try {
      connection.transact("succeed", [&](storage::Transaction& transaction) {
        transaction.run(success_sql(), {acme.connection});
        meanwhile();
        if (!commit) throw engine::Error("the business changed its mind");
      });
    } catch (const engine::Error&) {
      if (commit) throw;
    }
  }
  /// The connection fails, and the failure's run fails as well; its event.
  std::string fail_to_tell() {
    acme.fail_sync();
    worker.open();
    end_run(engine::RunStatus::kFailed);
    return value("select id from pawl.outbox_archive");
  }
  void end_run(engine::RunStatus status) {
    std::vector<engine::Event> found;
    REQUIRE(eventually([&] { return !(found = worker.claim()).empty(); }));
    worker.finish(found.at(0), status, "550 no such user");
  }
  OtherSession other{*this};
  Worker worker{*this};
};

}  // namespace

TEST_CASE_METHOD(PostgresFixture, "where the workflow is not installed a success emits nothing") {
  const Organisation acme(*this, "acme");
  acme.fail_sync();
  exec(RecoveryFixture::success_sql(), {acme.connection});
  CHECK(value("select string_agg(type, ' ') from pawl.outbox") == "pms/connection.sync.failed");
}

TEST_CASE_METHOD(TriggerFixture,
                 "a success ends the outage with one event for all its failures, and the next has none to end") {
  succeed();
  CHECK(recoveries() == "0");
  fail("'2026-11-24 03:00:00+00'");
  fail("'2026-11-24 04:00:00+00'");
  fail("'2026-11-24 05:00:00+00'");
  succeed("'2026-11-24 06:30:00+00'");
  succeed();
  CHECK(confirmed() == "3");
  CHECK(payload("connection_id") == acme.connection);
  CHECK(payload("org_id") == acme.id);
  CHECK(payload("provider") == "Reapit");
  CHECK(payload("label") == "Main");
  CHECK(payload("failed_at") == "2026-11-24T03:00:00Z");
  CHECK(payload("recovered_at") == "2026-11-24T06:30:00Z");
  CHECK(value("select aggregatetype || ' ' || aggregateid from pawl.outbox where type like '%recovered'") ==
        "pms_connection " + acme.connection);
}

TEST_CASE_METHOD(TriggerFixture, "each outage of a connection has its event, and other connections have none of it") {
  const Organisation beta(*this, "beta");
  beta.fail_sync();
  for (int outage = 0; outage < 3; ++outage) {
    acme.fail_sync();
    succeed();
  }
  CHECK(confirmed() == "1 1 1");
  CHECK(unconfirmed() == "1");
}

TEST_CASE_METHOD(TriggerFixture, "becoming a success ends the outage; staying one, and being moved, do not") {
  acme.fail_sync();
  const std::string log = value(
      "insert into pms_sync_logs (connection_id, status) values ($1::uuid, 'running') returning id", {acme.connection});
  CHECK(recoveries() == "0");
  exec("update pms_sync_logs set status = 'success', finished_at = now() where id = $1::uuid", {log});
  CHECK(recoveries() == "1");
  acme.fail_sync();
  exec("update pms_sync_logs set error_message = 'none', started_at = now() where id = $1::uuid", {log});
  CHECK(recoveries() == "1");
}

TEST_CASE_METHOD(TriggerFixture, "a success that is rolled back ends nothing, and the next one ends the outage") {
  acme.fail_sync();
  succeed_while([] {}, false);
  CHECK(recoveries() == "0");
  CHECK(unconfirmed() == "1");
  succeed();
  CHECK(confirmed() == "1");
}

TEST_CASE_METHOD(TriggerFixture, "of two successes at once one has the event, and neither waits", "[session]") {
  acme.fail_sync();
  acme.fail_sync();
  succeed_while([&] { other.succeed(); });
  CHECK(confirmed() == "2");
  CHECK(value("select count(*) from pms_sync_logs where status = 'success'") == "2");
}

TEST_CASE_METHOD(TriggerFixture, "where the first of two successes is rolled back, the next after both ends the outage",
                 "[session]") {
  acme.fail_sync();
  succeed_while([&] { other.succeed(); }, false);
  CHECK(recoveries() == "0");
  succeed();
  CHECK(confirmed() == "1");
}

TEST_CASE_METHOD(TriggerFixture,
                 "a failure and a success at once do not wait for each other, and no failure stays unconfirmed",
                 "[session]") {
  acme.fail_sync();
  succeed_while([&] { other.fail(); });
  CHECK(confirmed() == "1");
  CHECK(unconfirmed() == "1");
  connection.transact("fail", [&](storage::Transaction& transaction) {
    transaction.run("insert into pms_sync_logs (connection_id, status) values ($1::uuid, 'error')", {acme.connection});
    other.succeed();  // ends the outage of the failure that it sees, and leaves the one that is not committed
  });
  CHECK(confirmed() == "1 1");
  succeed();
  CHECK(confirmed() == "1 1 1");
  CHECK(unconfirmed() == "0");
}

TEST_CASE_METHOD(TriggerFixture,
                 "a success that commits behind a failure which is later than it does not confirm that") {
  fail("'2026-11-24 03:00:00+00'");
  fail("'2026-11-24 05:00:00+00'");
  succeed("'2026-11-24 04:00:00+00'");
  CHECK(confirmed() == "1");
  CHECK(payload("failed_at") == "2026-11-24T03:00:00Z");
  CHECK(unconfirmed() == "1");
  succeed("'2026-11-24 05:00:00.3+00'");  // an event tells the second of a failure
  CHECK(confirmed() == "1 1");
}

TEST_CASE_METHOD(TriggerFixture,
                 "a transaction with an older view of the failures commits, and confirms none a second time",
                 "[session]") {
  for (const std::string level : {"repeatable read", "serializable"}) {
    INFO(level);
    exec("truncate pawl.outbox, pawl.sync_failures");
    acme.fail_sync();
    connection.transact("succeed", [&](storage::Transaction& transaction) {
      transaction.run("set transaction isolation level " + level);
      transaction.run("select count(*) from pawl.sync_failures");
      other.succeed();
      transaction.run(success_sql(), {acme.connection});
    });
    CHECK(confirmed() == "1");
  }
}

TEST_CASE_METHOD(TriggerFixture, "a failure whose run is resumed after the outage is no new one") {
  const std::string event = fail_to_tell();
  succeed();
  CHECK(confirmed() == "1");
  CHECK(value("select pawl.resume($1::uuid, 'me')", {event}) == "resumed");
  succeed();
  CHECK(recoveries() == "1");
  CHECK(unconfirmed() == "0");
}

TEST_CASE_METHOD(TriggerFixture, "a failure that is rerun or requeued after the outage is no new one") {
  const std::string begin_again =
      GENERATE("pawl.rerun($1::uuid, null, false, 'me', 'why')", "pawl.rerun($1::uuid, null, true, 'me', 'why')",
               "pawl.requeue(id, payload, 'me', 'why') from pawl.outbox_archive"
               " where id = $1::uuid");
  CAPTURE(begin_again);
  const std::string event = fail_to_tell();
  succeed();
  const std::string second = value("select " + begin_again, {event});
  succeed();
  end_run(engine::RunStatus::kFailed);
  REQUIRE_FALSE(value("select " + begin_again, {second}).empty());
  end_run(engine::RunStatus::kDone);
  succeed();
  CHECK(confirmed() == "1");
  CHECK(recoveries() == "1");
  CHECK(unconfirmed() == "0");
}

TEST_CASE_METHOD(TriggerFixture,
                 "a failure whose payload named no connection is one once that is corrected, by its first event's id") {
  const std::string event = value("select pawl.emit('pms/connection.sync.failed', 'x', 'y', '{}')");
  worker.open();
  end_run(engine::RunStatus::kFailed);
  CHECK(unconfirmed() == "0");
  const std::string requeue =
      "select pawl.requeue($1::uuid, jsonb_build_object('connection_id', $2::text), 'me', 'why')";
  const std::string second = value(requeue, {event, acme.connection});
  CHECK(exec("select event_id from pawl.sync_failures") == Table{{event}});
  succeed("now() + interval '1 second'");
  end_run(engine::RunStatus::kFailed);
  REQUIRE_FALSE(value(requeue, {second, acme.connection}).empty());
  succeed("now() + interval '1 second'");
  CHECK(confirmed() == "1");
}

TEST_CASE_METHOD(TriggerFixture,
                 "failures that a service emits count as those of the trigger do, whatever is in them") {
  const std::vector<std::string> payloads{
      R"({"connection_id": ")" + acme.connection + R"(", "occurred_at": "2026-11-24T03:00:00Z"})",
      R"({"connection_id": ")" + acme.connection + R"(", "occurred_at": "soon"})",
      R"({"connection_id": ")" + acme.connection + R"(", "occurred_at": "infinity"})",
      R"({"connection_id": 7})",
      R"({"connection_id": null})",
      "{}",
      "[]",
      "7"};
  for (const std::string& payload : payloads)
    exec("select pawl.emit('pms/connection.sync.failed', 'x', 'y', $1::jsonb)", {payload});
  succeed("now() + interval '1 second'");
  CHECK(confirmed() == "3");
}

TEST_CASE_METHOD(TriggerFixture,
                 "a failure of a session that fires no ordinary trigger is confirmed, as problems advises",
                 "[session]") {
  exec("alter table pms_sync_logs enable always trigger pawl_sync_failed_on_insert");
  exec("alter table pms_sync_logs enable always trigger pawl_sync_recovered_on_insert");
  exec("set session_replication_role = replica");
  acme.fail_sync();
  succeed("now() + interval '1 second'");
  exec("reset session_replication_role");
  CHECK(confirmed() == "1");
  exec("select pawl.add_workflow('pms/connection.sync.recovered', 'confirm-sync-recovery')");
  exec("alter table pawl.outbox enable trigger pawl_note_sync_failure");
  CHECK(value("select string_agg(problem, ' ') from pawl.problems()").find("does not fire in every session") !=
        std::string::npos);
  CHECK(storage::migrate_postgres(conninfo, false, lines_with_recovery()).mended ==
        std::vector<std::string>{"pawl_note_sync_failure"});
  CHECK(value("select count(*) from pawl.problems()") == "0");
}

TEST_CASE_METHOD(TriggerFixture, "what the trigger may not read refuses no success: the event says why") {
  acme.fail_sync();
  exec("drop view pawl.connections");
  succeed();
  CHECK(recoveries() == "1");
  CHECK(payload("unreadable").find("pawl.connections") != std::string::npos);
  exec("alter table pms_sync_logs drop finished_at");
  exec("select pawl.emit('pms/connection.sync.failed', 'x', 'y', jsonb_build_object('connection_id', $1::text))",
       {acme.connection});
  exec("insert into pms_sync_logs (connection_id, status) values ($1::uuid, 'success')", {acme.connection});
  CHECK(recoveries() == "2");
  exec("alter table pms_sync_logs drop connection_id");
  exec("insert into pms_sync_logs (status) values ('success')");
  CHECK(recoveries() == "2");
}

TEST_CASE_METHOD(TriggerFixture, "a trigger of the workflow that is lost is found, and migrate mends it") {
  const auto mended = [&] { return storage::migrate_postgres(conninfo, false, lines_with_recovery()).mended; };
  CHECK(mended().empty());
  exec("drop trigger pawl_sync_recovered_on_insert on pms_sync_logs");
  exec("alter table pms_sync_logs disable trigger pawl_sync_failed_on_update");
  CHECK(value("select string_agg(problem, ' ') from pawl.problems()")
            .find("pawl_sync_recovered_on_insert on public.pms_sync_logs is missing") != std::string::npos);
  CHECK(mended() == std::vector<std::string>{"pawl_sync_failed_on_update", "pawl_sync_recovered_on_insert"});
  CHECK(value("select count(*) from pawl.problems()") == "0");
  acme.fail_sync();
  succeed();
  CHECK(recoveries() == "1");
}

TEST_CASE_METHOD(TriggerFixture,
                 "what is known of failures goes when their events and that of their recovery are gone") {
  fail("now() - interval '3 days'");
  succeed("now() - interval '2 days'");
  const auto prune = [&] {
    return value("select removed from pawl.prune('1 day', 1000) where name = 'sync failures'");
  };
  CHECK(prune() == "0");
  exec("delete from pawl.outbox where type = 'pms/connection.sync.failed'");
  CHECK(prune() == "0");
  exec("delete from pawl.outbox");
  CHECK(prune() == "1");
}
