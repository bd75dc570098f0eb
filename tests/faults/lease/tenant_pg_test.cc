// The application's database refuses one organisation's rows, or takes too long over them: nobody else notices.
#include <catch2/catch.hpp>
#include <csignal>

#include "tests/faults/lease/outbox_scene.h"

using namespace pawl::tests;

namespace {

// In seconds. It takes two at most on an idle machine, a statement timeout included; whoever waits for the refused ones
// waits for minutes.
constexpr double kSoon = 60;

struct TenantScene : OutboxScene {
  /// What a trigger does to a notification of the first organisation.
  void on_insert(const std::string& body) {
    database.exec("create or replace function judge() returns trigger language plpgsql as $$ begin if new.org_id = '" +
                  organisation.id + "' then " + body + "; end if; return new; end $$");
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
  void start_worker() { worker = start("worker", {{"PAWL_MAIL", "null:"}, {"PAWL_POSTGRES_TIMEOUT", "3s"}}); }
  /// Those of the other organisation are told soon, while those of the first are not, and nobody waits for a step.
  void check_others_are_notified() {
    const Organisation other(database, "other");
    const std::string told = "from notifications where org_id = '" + other.id + "'";
    const std::string emitted = database.value("select clock_timestamp()");
    for (int i = 0; i < 20; ++i) other.fail_sync();
    CHECK(eventually_is("count(*) = 40 " + told));
    const double took = seconds(emitted, database.value("select max(created_at) " + told));
    CAPTURE(took);
    CHECK(took < kSoon);
    CHECK(count("notifications where org_id = '" + organisation.id + "'") == "0");
    CHECK(worker->err().find("step paused") == std::string::npos);
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
  scene.fail_syncs(50);
  scene.start_worker();
  REQUIRE(pawl::bin::eventually([&] { return scene.worker->err().find("suspended") != std::string::npos; }));
  scene.check_others_are_notified();
  scene.check_all_are_notified_once_it_is_right(50);
}

TEST_CASE("P6: while one organisation's rows outlast the statement timeout, the others' are told") {
  TenantScene scene;
  scene.on_insert("perform pg_sleep(60)");
  scene.database.exec("alter database " + scene.database.name + " set statement_timeout = '500ms'");
  scene.fail_syncs(50);
  scene.start_worker();
  REQUIRE(scene.eventually_is("count(*) > 0 from pg_stat_activity where wait_event = 'PgSleep'"));
  scene.check_others_are_notified();
  scene.check_all_are_notified_once_it_is_right(50);
}

TEST_CASE("P6: while somebody's lock holds up one organisation's rows, the others' are told, and no backend waits on") {
  TenantScene scene;
  scene.database.exec("alter table notifications add foreign key (org_id) references organisations");
  scene.fail_syncs(50);
  const std::string waiting = "pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
  pawl::storage::PostgresConnection other(own_session(scene.database.conninfo));
  other.transact("hold a lock", [&](pawl::storage::Transaction& transaction) {
    transaction.run("select from organisations where id = $1::uuid for update", {scene.organisation.id});
    scene.start_worker();
    REQUIRE(pawl::bin::eventually([&] { return scene.worker->err().find("lock timeout") != std::string::npos; }));
    scene.check_others_are_notified();
    scene.worker->signal(SIGTERM);
    CHECK(scene.worker->wait() == 0);
    CHECK(scene.eventually_is("count(*) = 0 from " + waiting));
  });
  scene.start_worker();
  scene.check_all_are_notified_once_it_is_right(50);
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
  scene.fail_syncs(50);
  scene.start_worker();
  REQUIRE(pawl::bin::eventually([&] { return scene.worker->err().find("suspended") != std::string::npos; }));
  scene.check_others_are_notified();
}
