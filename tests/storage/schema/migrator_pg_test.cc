// Migrating Postgres: once, in order, by one of two, and never over something edited or newer.
#include <catch2/catch.hpp>
#include <future>

#include "engine/authoring/errors.h"
#include "storage/migrations/migrations.h"
#include "storage/postgres/errors.h"
#include "storage/schema/migrator.h"
#include "storage/schema/roles.h"
#include "storage/schema/script.h"
#include "tests/storage/postgres_fixture.h"
#include "tests/storage/postgres_lines.h"
#include "tests/storage/schema/psql.h"

using namespace pawl;
using namespace pawl::tests;

namespace {

std::string value(const EmptyDatabase& database, const std::string& sql) {
  return storage::PostgresConnection(own_session(database.conninfo)).run("test", sql, {}).string(0, 0);
}

void create(const EmptyDatabase& database, const std::string& sql) {
  storage::PostgresConnection(own_session(database.conninfo))
      .transact("create", [&](storage::Transaction& transaction) { transaction.script(sql); });
}

std::size_t migrations_of_all_lines() {
  std::size_t count = 0;
  for (const storage::MigrationLine* line : postgres_lines()) count += line->migrations.size();
  return count;
}

bool has_schema(const EmptyDatabase& database) {
  return value(database, "select count(*) from pg_namespace where nspname = 'pawl'") == "1";
}

}  // namespace

TEST_CASE("a database has the lines that were asked for, and the tables that only those stand on") {
  const EmptyDatabase database;
  const storage::MigrationLines few{&storage::outbox_migrations(), &storage::mail_migrations()};
  CHECK_FALSE(storage::migrate_postgres(database.conninfo, true, few).applied.empty());
  storage::require_migrated(database.conninfo, few);
  CHECK(value(database, "select count(*) from pg_tables where schemaname = 'public'") == "0");
  CHECK(value(database, "select count(*) from pawl.problems()") == "0");
  CHECK_THROWS_WITH(storage::require_migrated(database.conninfo, postgres_lines()), Catch::Contains("depositlink/001"));
  CHECK(storage::migrate_postgres(database.conninfo, true, postgres_lines()).applied.size() == 4);
  CHECK(storage::migrate_postgres(database.conninfo, true, few).applied.empty());
  storage::require_migrated(database.conninfo, few);
}

TEST_CASE("migrating registers workflows, removes none, and refuses one that is another type's") {
  const EmptyDatabase empty;
  const storage::WorkflowNames one{{"test/event", "handle-it"}}, two{{"test/event", "log it's"}, {"test/other", "x"}};
  const auto migrate = [&](const storage::WorkflowNames& workflows) {
    return storage::migrate_postgres(empty.conninfo, true, postgres_lines(), workflows).registered;
  };
  const auto applied = [&] {
    return storage::postgres_migration_state(empty.conninfo, postgres_lines(), one).back().applied_at;
  };
  CHECK(applied().empty());
  CHECK(migrate(one) == std::vector<std::string>{"handle-it"});
  CHECK_FALSE(applied().empty());
  CHECK(migrate(one).empty());
  CHECK(migrate(two) == std::vector<std::string>{"log it's", "x"});
  REQUIRE(
      run_with_psql(empty.name, storage::migration_script(postgres_lines(), {{"test/event", "a'b"}}, false, false)));
  CHECK_THROWS_WITH(migrate({{"test/other", "handle-it"}}),
                    Catch::Contains("registered for events of type test/event"));
  require_workflows(empty.conninfo, one);
  require_workflows(empty.conninfo, two);
  require_workflows(empty.conninfo, {{"test/event", "a'b"}});
}

TEST_CASE("a fresh database is migrated in order, and again changes nothing") {
  const EmptyDatabase empty;
  CHECK_THROWS_AS(storage::require_migrated(empty.conninfo, postgres_lines()), engine::RefusedError);
  for (const auto& state : storage::postgres_migration_state(empty.conninfo, postgres_lines(), {}))
    CHECK(state.applied_at.empty());
  const auto names = storage::migrate_postgres(empty.conninfo, true, postgres_lines()).applied;
  REQUIRE(names.size() == 1 + migrations_of_all_lines());
  CHECK(names[0] == "depositlink/reference.sql");
  CHECK(names[1] == "outbox/001_create_outbox.sql");
  CHECK(storage::migrate_postgres(empty.conninfo, true, postgres_lines()).applied.empty());
  CHECK(storage::migrate_postgres(empty.conninfo, false, postgres_lines()).applied.empty());
  storage::require_migrated(empty.conninfo, postgres_lines());
  for (const auto& state : storage::postgres_migration_state(empty.conninfo, postgres_lines(), {}))
    CHECK_FALSE(state.applied_at.empty());
}

TEST_CASE("the numbers of each line are consecutive from 1") {
  for (const storage::MigrationLine* line : postgres_lines()) {
    int number = 0;
    for (const storage::Migration& migration : line->migrations) CHECK(migration.number == ++number);
    CHECK(number > 0);
  }
}

TEST_CASE("two migrators that start at once apply each migration once") {
  const EmptyDatabase empty;
  const auto migrate = [&] { return storage::migrate_postgres(empty.conninfo, true, postgres_lines()).applied.size(); };
  auto other = std::async(std::launch::async, migrate);
  const std::size_t mine = migrate();
  CHECK(mine + other.get() == 1 + migrations_of_all_lines());
  storage::require_migrated(empty.conninfo, postgres_lines());
}

TEST_CASE_METHOD(PostgresFixture, "a migration edited since it was applied is refused by its name") {
  exec("update pawl.migrations set checksum = 'other' where line = 'outbox' and number = 2");
  CHECK_THROWS_AS(storage::migrate_postgres(conninfo, false, postgres_lines()), engine::RefusedError);
  CHECK_THROWS_WITH(storage::require_migrated(conninfo, postgres_lines()),
                    Catch::Contains("002_create_archive.sql was edited"));
}

TEST_CASE_METHOD(PostgresFixture, "a database migrated by a newer pawl is refused") {
  exec("insert into pawl.migrations values ('outbox', 999, '999_from_the_future.sql', 'x')");
  CHECK_THROWS_AS(storage::require_migrated(conninfo, postgres_lines()), engine::RefusedError);
  CHECK_THROWS_WITH(storage::migrate_postgres(conninfo, true, postgres_lines()),
                    Catch::Contains("999_from_the_future.sql"));
}

TEST_CASE_METHOD(PostgresFixture, "a database that is behind names the command to run") {
  exec("delete from pawl.migrations where line = 'mail'");
  CHECK_THROWS_WITH(storage::require_migrated(conninfo, postgres_lines()), Catch::Contains("run `pawl migrate`"));
}

TEST_CASE("without the application's tables nothing is migrated, and the error says what to do") {
  const EmptyDatabase empty;
  CHECK_THROWS_AS(storage::migrate_postgres(empty.conninfo, false, postgres_lines()), engine::RefusedError);
  CHECK_THROWS_WITH(storage::migrate_postgres(empty.conninfo, false, postgres_lines()),
                    Catch::Contains("pms_sync_logs") && Catch::Contains("pawl migrate --with-app"));
  CHECK(value(empty, "select count(*) from pg_namespace where nspname = 'pawl'") == "0");
}

TEST_CASE("existing application tables are left alone") {
  const EmptyDatabase empty;
  value(empty, "select 1");
  storage::PostgresConnection connection(own_session(empty.conninfo));
  connection.transact("create", [](storage::Transaction& transaction) {
    transaction.script(
        "create table organisations (id uuid primary key, name text, extra int);"
        "insert into organisations values (gen_random_uuid(), 'Kept', 7)");
  });
  storage::migrate_postgres(empty.conninfo, true, postgres_lines());
  CHECK(value(empty, "select name || extra from organisations") == "Kept7");
  CHECK(value(empty, "select count(*) from information_schema.columns where table_name = 'organisations'") == "3");
}

TEST_CASE("an application table that lacks a column is refused at migration, not by a failing business write") {
  const EmptyDatabase empty;
  storage::PostgresConnection connection(own_session(empty.conninfo));
  connection.transact("create", [](storage::Transaction& transaction) {
    transaction.script("create table pms_sync_logs (id uuid primary key, connection_id uuid, status text)");
  });
  CHECK_THROWS_AS(storage::migrate_postgres(empty.conninfo, true, postgres_lines()), engine::RefusedError);
  CHECK_THROWS_WITH(storage::migrate_postgres(empty.conninfo, true, postgres_lines()),
                    Catch::Contains("error_message"));
  storage::PostgresConnection(own_session("dbname=" + empty.name))
      .run("the business writes on", "insert into pms_sync_logs values (gen_random_uuid(), null, 'error')", {});
}

TEST_CASE("ids that are no uuids are refused by table and column before anything is applied") {
  const EmptyDatabase empty;
  create(empty,
         "create table organisations (id bigint primary key, name text);"
         "create table org_members (org_id bigint, user_id uuid, role text);"
         "create domain user_key as uuid; create table users (id user_key, email text, full_name text)");
  CHECK_THROWS_AS(storage::migrate_postgres(empty.conninfo, true, postgres_lines()), engine::RefusedError);
  CHECK_THROWS_WITH(storage::migrate_postgres(empty.conninfo, true, postgres_lines()),
                    Catch::Contains("organisations.id is bigint, not uuid") &&
                        Catch::Contains("org_members.org_id is bigint, not uuid") && !Catch::Contains("users.id"));
  CHECK_FALSE(has_schema(empty));
  CHECK(value(empty, "select count(*) from pg_class where relname = 'pms_sync_logs'") == "0");
}

TEST_CASE("a migration that fails leaves nothing of those before it") {
  const EmptyDatabase empty;
  create(empty, std::string(storage::depositlink_migrations().reference) +
                    "create function refuse() returns event_trigger language plpgsql as $$ begin"
                    " if exists (select from pg_event_trigger_ddl_commands() c where c.object_identity ="
                    " 'pawl.email_deliveries') then raise exception 'no ledger here'; end if; end $$;"
                    "create event trigger refuse on ddl_command_end execute function refuse()");
  CHECK_THROWS_WITH(storage::migrate_postgres(empty.conninfo, false, postgres_lines()),
                    Catch::Contains("apply mail/001_create_mail_ledger.sql") && Catch::Contains("no ledger here"));
  CHECK_FALSE(has_schema(empty));
  CHECK(value(empty, "select count(*) from pg_trigger where tgname like 'pawl%'") == "0");
}

TEST_CASE("behind a transaction that has written to the application's table a migration gives up, and leaves nothing") {
  const EmptyDatabase empty;
  create(empty, std::string(storage::depositlink_migrations().reference));
  storage::PostgresConnection writer(own_session(empty.conninfo));
  writer.transact("write", [&](storage::Transaction& transaction) {
    transaction.run("lock table pms_sync_logs in row exclusive mode");
    CHECK_THROWS_AS(storage::migrate_postgres(empty.conninfo, false, postgres_lines()), engine::UnavailableError);
    CHECK_FALSE(has_schema(empty));
  });
  CHECK_FALSE(storage::migrate_postgres(empty.conninfo, false, postgres_lines()).applied.empty());
}

TEST_CASE("behind a migrator that hangs, a migration and the roles give up after a while") {
  const EmptyDatabase empty;
  storage::migrate_postgres(empty.conninfo, true, postgres_lines());
  const storage::PostgresAddress impatient(empty.conninfo, std::chrono::seconds(3));
  storage::PostgresConnection other(own_session(empty.conninfo));
  other.transact("hang", [&](storage::Transaction& transaction) {
    transaction.script(storage::kLockMigrations);
    CHECK_THROWS_AS(storage::migrate_postgres(impatient, true, postgres_lines(), {{"test/event", "new"}}),
                    engine::UnavailableError);
    CHECK_THROWS_AS(storage::grant_roles(impatient, true, postgres_lines()), engine::UnavailableError);
  });
  const std::string script = storage::migration_script(postgres_lines(), {}, true, false);
  CHECK(script.find("set local lock_timeout") < script.find(storage::kLockMigrations));
}

TEST_CASE("settings of the database or of the role change no migration") {
  const EmptyDatabase empty;
  for (const char* setting : {"timezone = 'Pacific/Kiritimati'", "datestyle = 'German'", "lock_timeout = '1ms'",
                              "standard_conforming_strings = off", "default_transaction_isolation = 'serializable'"})
    create(empty, "alter database " + empty.name + " set " + setting);
  CHECK_FALSE(storage::migrate_postgres(empty.conninfo, true, postgres_lines()).applied.empty());
  CHECK(value(empty,
              "select pg_get_expr(relpartbound, oid) from pg_class where relname = 'outbox_archive_'"
              " || to_char(now() at time zone 'UTC', 'YYYY_MM')")
            .find("14:00") != std::string::npos);  // midnight in UTC, as Kiritimati sees it
}

TEST_CASE("the printed SQL does all that migrate does, and may be run again") {
  const EmptyDatabase empty;
  REQUIRE(run_with_psql(empty.name, storage::migration_script(postgres_lines(), {}, true, false)));
  storage::require_migrated(empty.conninfo, postgres_lines());
  CHECK(storage::migrate_postgres(empty.conninfo, true, postgres_lines()).applied.empty());
  CHECK(run_with_psql(empty.name, storage::migration_script(postgres_lines(), {}, true, false)));
  CHECK(run_with_psql(empty.name, storage::migration_script(postgres_lines(), {}, false, false)));
}

TEST_CASE("the printed SQL takes a database on from where it is, and mends its triggers") {
  const EmptyDatabase behind;
  create(behind, "create schema pawl");  // as made by hand
  REQUIRE(run_with_psql(behind.name, storage::migration_script(postgres_lines(), {}, true, false)));
  create(behind, "alter table pms_sync_logs disable trigger all");
  REQUIRE(run_with_psql(behind.name, storage::migration_script(postgres_lines(), {}, false, false)));
  CHECK(value(behind,
              "select count(*) from pg_trigger where tgname like 'pawl%' and tgenabled = 'O'"
              " and tgrelid = 'pms_sync_logs'::regclass") == "2");
}

TEST_CASE("the printed SQL creates roles where it is asked to, and grants anew what those that exist need") {
  const EmptyDatabase database;
  const auto may_claim = [&] {
    return value(database, "select has_column_privilege('pawl_worker', 'pawl.outbox', 'lease_epoch', 'update')");
  };
  REQUIRE(run_with_psql(database.name, storage::migration_script(postgres_lines(), {}, true, true)));
  CHECK(may_claim() == "t");
  create(database, "revoke all on pawl.outbox from pawl_worker");
  CHECK(may_claim() == "f");
  REQUIRE(run_with_psql(database.name, storage::migration_script(postgres_lines(), {}, false, false)));
  CHECK(may_claim() == "t");
}

TEST_CASE("the printed SQL refuses tables that do not fit, and leaves nothing") {
  const EmptyDatabase empty;
  CHECK_FALSE(run_with_psql(empty.name, storage::migration_script(postgres_lines(), {}, false, false)));
  create(empty, "create table organisations (id bigint primary key, name text)");
  CHECK_FALSE(run_with_psql(empty.name, storage::migration_script(postgres_lines(), {}, true, false)));
  CHECK_FALSE(has_schema(empty));
}

TEST_CASE("a login named like the schema finds the application's tables, and makes them, where everybody does") {
  const EmptyDatabase empty;
  create(empty, "alter database " + empty.name + " set search_path = pawl, public");
  storage::migrate_postgres(empty.conninfo, true, postgres_lines());
  CHECK(value(empty, "select count(*) from pg_tables where schemaname = 'public' and tablename = 'notifications'") ==
        "1");
  CHECK(value(empty, "select schema from pawl.application") == "public");
}

TEST_CASE("a role that may only read the list of migrations is told that there is nothing to apply") {
  const EmptyDatabase empty;
  storage::migrate_postgres(empty.conninfo, true, postgres_lines());
  const std::string reader = "reader_in_" + empty.name;
  create(empty, "create role " + reader + " login password 'secret'; grant usage on schema pawl to " + reader +
                    "; grant select on pawl.migrations to " + reader);
  CHECK(storage::migrate_postgres("user=" + reader + " password=secret " + empty.conninfo, false, postgres_lines())
            .applied.empty());
  create(empty, "drop owned by " + reader + "; drop role " + reader);
}
