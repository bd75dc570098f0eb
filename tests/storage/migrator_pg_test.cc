// Migrating Postgres: once, in order, by one of two, and never over something edited or newer.
#include <catch2/catch.hpp>
#include <future>

#include "engine/errors.h"
#include "storage/migrations.h"
#include "storage/postgres_migrator.h"
#include "tests/storage/postgres_fixture.h"

using namespace pawl;
using namespace pawl::tests;

namespace {

std::string value(const EmptyDatabase& database, const std::string& sql) {
  return storage::PostgresConnection(database.conninfo).run("test", sql, {}).string(0, 0);
}

}  // namespace

TEST_CASE("a fresh database is migrated in order, and again changes nothing") {
  const EmptyDatabase empty;
  CHECK_THROWS_AS(storage::require_migrated(empty.conninfo), engine::RefusedError);
  for (const auto& state : storage::postgres_migration_state(empty.conninfo)) CHECK(state.applied_at.empty());
  const auto names = storage::migrate_postgres(empty.conninfo, true);
  REQUIRE(names.size() == 1 + storage::postgres_migrations().size());
  CHECK(names[0] == "application/001_create_reference_tables.sql");
  CHECK(names[1] == "001_create_outbox.sql");
  CHECK(storage::migrate_postgres(empty.conninfo, true).empty());
  CHECK(storage::migrate_postgres(empty.conninfo, false).empty());
  storage::require_migrated(empty.conninfo);
  for (const auto& state : storage::postgres_migration_state(empty.conninfo)) CHECK_FALSE(state.applied_at.empty());
}

TEST_CASE("the numbers of each line are consecutive from 1") {
  for (const auto line : {storage::postgres_migrations(), storage::application_migrations()}) {
    int number = 0;
    for (const storage::Migration& migration : line) CHECK(migration.number == ++number);
    CHECK(number > 0);
  }
}

TEST_CASE("two migrators that start at once apply each migration once") {
  const EmptyDatabase empty;
  const auto migrate = [&] { return storage::migrate_postgres(empty.conninfo, true).size(); };
  auto other = std::async(std::launch::async, migrate);
  const std::size_t mine = migrate();
  CHECK(mine + other.get() == 1 + storage::postgres_migrations().size());
  storage::require_migrated(empty.conninfo);
}

TEST_CASE_METHOD(PostgresFixture, "a migration edited since it was applied is refused by its name") {
  exec("update pawl.migrations set checksum = 'other' where number = 2");
  CHECK_THROWS_AS(storage::migrate_postgres(conninfo, false), engine::RefusedError);
  CHECK_THROWS_WITH(storage::require_migrated(conninfo), Catch::Contains("002_create_archive.sql was edited"));
}

TEST_CASE_METHOD(PostgresFixture, "a database migrated by a newer pawl is refused") {
  exec("insert into pawl.migrations values (999, '999_from_the_future.sql', 'x')");
  CHECK_THROWS_AS(storage::require_migrated(conninfo), engine::RefusedError);
  CHECK_THROWS_WITH(storage::migrate_postgres(conninfo, true), Catch::Contains("999_from_the_future.sql"));
}

TEST_CASE_METHOD(PostgresFixture, "a database that is behind names the command to run") {
  exec("delete from pawl.migrations where number > 6");
  CHECK_THROWS_WITH(storage::require_migrated(conninfo), Catch::Contains("run `pawl migrate`"));
}

TEST_CASE("without the application's tables nothing is migrated, and the error says what to do") {
  const EmptyDatabase empty;
  CHECK_THROWS_AS(storage::migrate_postgres(empty.conninfo, false), engine::RefusedError);
  CHECK_THROWS_WITH(storage::migrate_postgres(empty.conninfo, false),
                    Catch::Contains("pms_sync_logs") && Catch::Contains("pawl migrate --with-app"));
  CHECK(value(empty, "select count(*) from pg_namespace where nspname = 'pawl'") == "0");
}

TEST_CASE("existing application tables are left alone") {
  const EmptyDatabase empty;
  value(empty, "select 1");
  storage::PostgresConnection connection(empty.conninfo);
  connection.transact("create", [](storage::Transaction& transaction) {
    transaction.script(
        "create table organisations (id uuid primary key, name text, extra int);"
        "insert into organisations values (gen_random_uuid(), 'Kept', 7)");
  });
  storage::migrate_postgres(empty.conninfo, true);
  CHECK(value(empty, "select name || extra from organisations") == "Kept7");
  CHECK(value(empty, "select count(*) from information_schema.columns where table_name = 'organisations'") == "3");
}

TEST_CASE("an application table that lacks a column is refused at migration, not by a failing business write") {
  const EmptyDatabase empty;
  storage::PostgresConnection connection(empty.conninfo);
  connection.transact("create", [](storage::Transaction& transaction) {
    transaction.script("create table pms_sync_logs (id uuid primary key, connection_id uuid, status text)");
  });
  CHECK_THROWS_AS(storage::migrate_postgres(empty.conninfo, true), engine::RefusedError);
  CHECK_THROWS_WITH(storage::migrate_postgres(empty.conninfo, true), Catch::Contains("error_message"));
  storage::PostgresConnection("dbname=" + empty.name)
      .run("the business writes on", "insert into pms_sync_logs values (gen_random_uuid(), null, 'error')", {});
}
