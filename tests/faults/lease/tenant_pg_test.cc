// The application's database refuses one organisation's rows, or takes too long over them: nobody else notices.
#include <catch2/catch.hpp>
#include <csignal>

#include "tests/faults/lease/outbox_scene.h"

using namespace pawl::tests;

namespace {

// Each of the refused rows has twenty attempts. Whoever waits for them waits for all; beside them it takes a few.
constexpr int kRefusedRows = 50, kAttempts = 20;

struct TenantScene : OutboxScene {
  TenantScene() {
    database.exec("create sequence refused_calls");
    database.exec("grant usage on sequence refused_calls to public");
  }
  /// What a trigger does to a notification of the first organisation.
  void on_insert(const std::string& body) {
    database.exec("create or replace function judge() returns trigger language plpgsql as $$ begin if new.org_id = '" +
                  organisation.id + "' then perform nextval('public.refused_calls'); " + body +
                  "; end if; return new; end $$");
    database.exec("create trigger judge before insert on notifications for each row execute function judge()");
  }
  /// The same by a policy, which lets the worker do what it needs with every other row.
  void suspend_by_policy() {
    database.exec("alter table notifications enable row level security");
    database.exec("create policy reads on notifications for select to pawl_worker using (true)");
    database.exec("create policy posts on notifications for insert to pawl_worker with check (true)");
    database.exec("create policy suspended on notifications as restrictive for insert with check (org_id <> '" +
                  organisation.id + "')");
  }
  /// It ends without waiting until each of many rows has met its lock again.
  void start_worker() {
    worker = start("worker", {{"PAWL_MAIL", "null:"}, {"PAWL_POSTGRES_TIMEOUT", "3s"}, {"PAWL_DRAIN_TIMEOUT", "2s"}});
  }
  /// No rollback takes them back.
  int refused_calls() { return std::stoi(database.value("select last_value from refused_calls")); }
  /// Those of the other organisation are told while those of the first still have most of their attempts, and nobody
  /// waits for a step. Returns how many seconds that took.
  double check_others_are_notified() {
    const Organisation other(database, "other");
    const std::string told = "from notifications where org_id = '" + other.id + "'";
    const std::string emitted = database.value("select clock_timestamp()");
    const int before = refused_calls();
    for (int i = 0; i < 20; ++i) other.fail_sync();
    CHECK(eventually_is("count(*) = 40 " + told));
    const double took = seconds(emitted, database.value("select max(created_at) " + told));
    CAPTURE(took);
    CHECK(refused_calls() - before < kRefusedRows * kAttempts / 2);
    CHECK(count("pawl.outbox_archive where status = 'failed'") == "0");
    CHECK(count("notifications where org_id = '" + organisation.id + "'") == "0");
    CHECK(worker->err().find("step paused") == std::string::npos);
    return took;
  }
  void check_all_are_notified_once_it_is_right(int syncs) {
    database.exec("drop trigger if exists judge on notifications");
    database.exec("alter table notifications disable row level security");
    CHECK(eventually_is("count(*) = " + std::to_string(2 * syncs) + " from notifications where org_id = '" +
                        organisation.id + "'"));
  }

  Process worker;
};

}  // namespace

TEST_CASE("P6: while one organisation's rows are refused, by trigger or by policy, the others' are told") {
  const std::string refusal = GENERATE("insufficient_privilege", "undefined_table", "invalid_schema_name", "policy");
  TenantScene scene;
  if (refusal == "policy")
    scene.suspend_by_policy();
  else
    scene.on_insert("raise exception 'suspended' using errcode = '" + refusal + "'");
  scene.fail_syncs(kRefusedRows);
  scene.start_worker();
  REQUIRE(pawl::bin::eventually([&] { return scene.worker->err().find("suspended") != std::string::npos; }));
  scene.check_others_are_notified();
  scene.check_all_are_notified_once_it_is_right(kRefusedRows);
}

TEST_CASE("P6: while one organisation's trigger speaks of a server as a whole, the others' are told, and none waits") {
  const std::string code = GENERATE("53400", "53300", "08001", "57P01", "25006", "58030");
  CAPTURE(code);
  TenantScene scene;
  scene.on_insert("raise exception 'suspended' using errcode = '" + code + "'");
  scene.fail_syncs(kRefusedRows);
  scene.start_worker();
  REQUIRE(pawl::bin::eventually([&] { return scene.worker->err().find("suspended") != std::string::npos; }));
  scene.check_others_are_notified();
}

TEST_CASE("P6: a full disk or memory that one organisation's trigger tells of keeps nobody else from being told") {
  const std::string code = GENERATE("53100", "53200");
  CAPTURE(code);
  TenantScene scene;
  scene.on_insert("raise exception 'suspended' using errcode = '" + code + "'");
  scene.fail_syncs(kRefusedRows);
  scene.start_worker();
  REQUIRE(pawl::bin::eventually([&] { return scene.worker->err().find("step paused") != std::string::npos; }));
  const Organisation other(scene.database, "other");
  for (int i = 0; i < 20; ++i) other.fail_sync();
  CHECK(scene.eventually_is("count(*) = 40 from notifications where org_id = '" + other.id + "'"));
  scene.check_all_are_notified_once_it_is_right(kRefusedRows);
}

TEST_CASE("P1 P9: with nobody to compare by, a disk that is full for rows alone costs no attempt") {
  TenantScene scene;
  scene.on_insert("raise exception 'suspended' using errcode = '53100'");
  scene.fail_syncs(3);
  scene.start_worker();
  REQUIRE(pawl::bin::eventually([&] { return scene.worker->err().find("step paused") != std::string::npos; }));
  scene.check_all_are_notified_once_it_is_right(3);
  CHECK(scene.worker->err().find("attempt failed") == std::string::npos);
}

TEST_CASE("P6: while one organisation's rows outlast the statement timeout, the others' are told") {
  TenantScene scene;
  scene.on_insert("perform pg_sleep(60)");
  scene.database.exec("alter database " + scene.database.name + " set statement_timeout = '500ms'");
  scene.fail_syncs(kRefusedRows);
  scene.start_worker();
  REQUIRE(scene.eventually_is("count(*) > 0 from pg_stat_activity where wait_event = 'PgSleep'"));
  scene.check_others_are_notified();
  scene.check_all_are_notified_once_it_is_right(kRefusedRows);
}

TEST_CASE("P6: while somebody's lock holds up one organisation's rows, the others' are told, and no backend waits on") {
  TenantScene scene;
  scene.database.exec("alter table notifications add foreign key (org_id) references organisations");
  scene.fail_syncs(kRefusedRows);
  const std::string waiting = "pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
  pawl::storage::PostgresConnection other(holding_session(scene.database.conninfo));
  other.transact("hold a lock", [&](pawl::storage::Transaction& transaction) {
    transaction.run("select from organisations where id = $1::uuid for update", {scene.organisation.id});
    scene.start_worker();
    REQUIRE(pawl::bin::eventually([&] { return scene.worker->err().find("lock timeout") != std::string::npos; }));
    scene.check_others_are_notified();
    scene.worker->signal(SIGTERM);
    CHECK(scene.worker->wait() == 1);  // with calls under way
    CHECK(scene.eventually_is("count(*) = 0 from " + waiting));
  });
  scene.start_worker();
  scene.check_all_are_notified_once_it_is_right(kRefusedRows);
}

TEST_CASE("P6: while one organisation's recipients cannot be read, the others' are told") {
  TenantScene scene;
  scene.database.exec(
      "create function refuse(org uuid) returns boolean language plpgsql as $$ begin if org = '" +
      scene.organisation.id +
      "' then raise exception 'suspended' using errcode = 'insufficient_privilege'; end if; return true; end $$");
  const std::string view = scene.database.value("select pg_get_viewdef('pawl.recipients'::regclass)");
  scene.database.exec("create or replace view pawl.recipients as select * from (" +
                      view.substr(0, view.find_last_of(';')) + ") as r where refuse(r.org_id)");
  scene.fail_syncs(kRefusedRows);
  scene.start_worker();
  REQUIRE(pawl::bin::eventually([&] { return scene.worker->err().find("suspended") != std::string::npos; }));
  scene.check_others_are_notified();
}

TEST_CASE("how soon healthy rows are told beside 50 that are refused, or outlast a statement timeout", "[.measure]") {
  const std::string judgement = GENERATE("raise exception 'no' using errcode = '53400'", "perform pg_sleep(60)");
  TenantScene scene;
  scene.on_insert(judgement);
  scene.database.exec("alter database " + scene.database.name + " set statement_timeout = '500ms'");
  scene.fail_syncs(kRefusedRows);
  scene.start_worker();
  REQUIRE(pawl::bin::eventually([&] { return scene.refused_calls() > 1; }));
  WARN(judgement << ": all 20 told within " << scene.check_others_are_notified() << " s");
}
