// Whose the schema is and who may use it: what somebody else has put there is refused, and what is open to all closed.
#include <catch2/catch.hpp>

#include "engine/authoring/errors.h"
#include "storage/schema/migrator.h"
#include "storage/schema/registered_workflows.h"
#include "storage/schema/roles.h"
#include "storage/schema/script.h"
#include "tests/storage/postgres_fixture.h"
#include "tests/storage/postgres_lines.h"
#include "tests/storage/schema/psql.h"

using namespace pawl;
using namespace pawl::tests;

namespace {

void run_in(const std::string& conninfo, const std::string& sql) {
  storage::PostgresConnection(own_session(conninfo)).transact("prepare", [&](storage::Transaction& transaction) {
    transaction.script(sql);
  });
}

// A login of a database, gone before it.
struct DatabaseLogin {
  DatabaseLogin(const std::string& task, std::string database_name, std::string database)
      : name(task + "_in_" + database_name),
        conninfo("user=" + name + " password=secret " + database),
        database_(std::move(database)) {
    run_in(database_, "create role " + name + " login password 'secret'");
  }
  ~DatabaseLogin() {
    run_in(database_, "reassign owned by " + name + " to current_user; drop owned by " + name + "; drop role " + name);
  }
  DatabaseLogin(const DatabaseLogin&) = delete;

  const std::string name, conninfo;

 private:
  const std::string database_;
};

struct Empty : EmptyDatabase {
  Empty() { run_in(conninfo, "grant create on database " + name + " to " + other.name); }
  std::string value(const std::string& sql) {
    return storage::PostgresConnection(own_session(conninfo)).run("test", sql, {}).string(0, 0);
  }
  void migrate() { storage::migrate_postgres(conninfo, true, postgres_lines()); }
  bool printed_passes() { return run_with_psql(name, storage::migration_script(postgres_lines(), {}, true, false)); }
  const DatabaseLogin other{"svc", name, conninfo};
};

struct Migrated : PostgresFixture {
  std::string problems() { return value("select coalesce(string_agg(problem, '; '), '') from pawl.problems()"); }
  storage::Migrated migrate() { return storage::migrate_postgres(conninfo, false, postgres_lines()); }
};

const std::string kOpen =
    "select count(*) from pg_proc where pronamespace = 'pawl'::regnamespace"
    " and has_function_privilege('public', oid, 'execute')";

}  // namespace

TEST_CASE_METHOD(Empty, "a schema pawl that somebody else has made is refused before anything of it runs") {
  run_in(other.conninfo, "create schema pawl");
  CHECK_THROWS_AS(migrate(), engine::RefusedError);
  CHECK_THROWS_WITH(migrate(), Catch::Contains("schema pawl belongs to " + other.name));
  CHECK_FALSE(printed_passes());
  CHECK(value("select count(*) from pg_class where relnamespace = 'pawl'::regnamespace") == "0");
}

TEST_CASE_METHOD(Empty, "what somebody else has put into the schema is refused by name, also when the schema is ours") {
  const std::string mine = value("select current_user");
  run_in(other.conninfo,
         "create schema pawl; create function pawl.evil(oid, regclass) returns boolean language sql as 'select true';"
         "create operator pawl.= (function = pawl.evil, leftarg = oid, rightarg = regclass);"
         "create table pawl.migrations (line text)");
  run_in(conninfo, "alter schema pawl owner to " + mine);
  CHECK_THROWS_WITH(migrate(), Catch::Contains("pawl.evil(oid,regclass) belongs to " + other.name) &&
                                   Catch::Contains("operator pawl.=(oid,regclass) belongs") &&
                                   Catch::Contains("pawl.migrations belongs"));
  CHECK_FALSE(printed_passes());
  run_in(conninfo,
         "drop function pawl.evil cascade; drop table pawl.migrations; grant all on schema pawl to " + other.name);
  CHECK_THROWS_WITH(migrate(), Catch::Contains("revoke create on schema pawl from " + other.name));
  CHECK_FALSE(printed_passes());
  run_in(conninfo, "revoke create on schema pawl from " + other.name);
  CHECK(printed_passes());
  migrate();
}

TEST_CASE_METHOD(Migrated, "a schema that gets another owner than its functions is a problem, and refused by migrate") {
  const DatabaseLogin other("svc", name, conninfo);
  exec("alter schema pawl owner to " + other.name);
  CHECK_THAT(problems(), Catch::Contains("schema pawl belongs to " + other.name));
  CHECK_THROWS_WITH(migrate(), Catch::Contains("schema pawl belongs to " + other.name));
  exec("alter schema pawl owner to current_user");
  CHECK(problems() == "");
}

TEST_CASE_METHOD(Migrated, "functions that a restore without privileges left open are named, and closed by migrate") {
  exec("grant execute on all functions in schema pawl to public");
  CHECK_THAT(problems(), Catch::Contains("everybody may execute"));
  CHECK(migrate().closed ==
        std::stoul(value("select count(*) from pg_proc where pronamespace = 'pawl'::regnamespace")));
  CHECK(value(kOpen) == "0");
  CHECK(problems() == "");
  CHECK(migrate().closed == 0);
}

TEST_CASE_METHOD(Empty, "the printed SQL closes functions as well") {
  migrate();
  run_in(conninfo, "grant execute on all functions in schema pawl to public");
  CHECK(printed_passes());
  CHECK(value(kOpen) == "0");
}

TEST_CASE_METHOD(Empty, "what the roles do not get of somebody else's notifications is refused with his statement") {
  const DatabaseLogin owner("app", name, conninfo);
  run_in(conninfo, std::string(storage::depositlink_migrations().reference) +
                       "do $$ begin create role pawl_worker; exception when duplicate_object then null; end $$;"
                       "do $$ begin create role pawl_operator; exception when duplicate_object then null; end $$;"
                       "do $$ begin create role pawl_producer; exception when duplicate_object then null; end $$;"
                       "alter table notifications owner to " +
                       owner.name + "; grant trigger on pms_sync_logs to " + other.name +
                       "; grant select on all tables in schema public to " + other.name);
  storage::migrate_postgres(other.conninfo, false, postgres_lines());
  const auto grant = [&] { storage::grant_roles(other.conninfo, false, postgres_lines()); };
  const std::string needed =
      "grant select (event_id, user_id, title, created_at) on public.notifications to pawl_operator";
  CHECK_THROWS_AS(grant(), engine::RefusedError);
  CHECK_THROWS_WITH(grant(), Catch::Contains("as its owner " + owner.name + ", ") && Catch::Contains(needed) &&
                                 Catch::Contains("grant insert (id, event_id,") && Catch::Contains("to pawl_worker"));
  run_in(conninfo, "revoke select on notifications from " + other.name);  // Postgres refuses instead of warning
  CHECK_THROWS_WITH(grant(), Catch::Contains(needed));
  run_in(conninfo, "grant insert on notifications to pawl_worker; " + needed);
  CHECK_THROWS_WITH(grant(), Catch::Contains("grant select (event_id, user_id, kind) on public.notifications") &&
                                 !Catch::Contains("insert") && !Catch::Contains("pawl_operator"));
  run_in(conninfo, "grant select on notifications to pawl_worker");
  grant();
}

TEST_CASE_METHOD(
    Empty, "an owner of sync logs who did not migrate alters their status: he drops the triggers that are named") {
  const DatabaseLogin owner("app", name, conninfo);
  run_in(conninfo, std::string(storage::depositlink_migrations().reference) + "alter table pms_sync_logs owner to " +
                       owner.name + "; alter table pms_sync_logs drop constraint pms_sync_logs_status_known" +
                       "; grant select, trigger on all tables in schema public to " + other.name +
                       "; grant references on pms_connections to " + owner.name);
  storage::migrate_postgres(other.conninfo, false, postgres_lines());
  run_in(other.conninfo, "grant usage on schema pawl to " + owner.name +
                             "; grant execute on function pawl.release_application, pawl.bind_application to " +
                             owner.name);
  const std::string begin = "select pawl.release_application();",
                    alter = "alter table pms_sync_logs alter status type varchar(9);",
                    end = "select pawl.bind_application()";
  CHECK_THROWS_WITH(run_in(owner.conninfo, begin + alter + end), Catch::Contains("pawl_sync_failed_on"));
  run_in(owner.conninfo, begin +
                             "drop trigger pawl_sync_failed_on_insert on public.pms_sync_logs;"
                             "drop trigger pawl_sync_failed_on_update on public.pms_sync_logs;" +
                             alter + end);
  CHECK(value("select count(*) from pawl.problems()") == "0");
  CHECK(value("select string_agg(tgname, ' ' order by tgname) from pg_trigger"
              " where tgrelid = 'pms_sync_logs'::regclass and tgname like 'pawl%'") ==
        "pawl_sync_failed_on_insert pawl_sync_failed_on_update");
}

TEST_CASE_METHOD(Migrated, "a login that did not migrate is told who may, and nothing where nothing is to do") {
  const DatabaseLogin worker("worker", name, conninfo);
  const auto migrate_as_worker = [&] {
    storage::migrate_postgres(worker.conninfo, false, postgres_lines());
    storage::grant_roles(worker.conninfo, false, postgres_lines());
  };
  const std::string may = " as " + value("select current_user") + ", who has migrated";
  CHECK_THROWS_WITH(migrate_as_worker(), Catch::Contains("may not see what is applied: migrate" + may));
  exec("grant pawl_worker to " + worker.name);
  CHECK_NOTHROW(migrate_as_worker());
  CHECK_THROWS_WITH(storage::grant_roles(worker.conninfo, true, postgres_lines()), Catch::Contains(may));
  exec("drop trigger pawl_sync_failed_on_insert on pms_sync_logs");
  CHECK_THROWS_AS(migrate_as_worker(), engine::RefusedError);
  CHECK_THROWS_WITH(migrate_as_worker(), Catch::Contains("something to apply or to mend: migrate" + may));
}

TEST_CASE_METHOD(Migrated, "a worker that may not read which workflows are registered is told so") {
  const DatabaseLogin worker("worker", name, conninfo);
  exec("grant pawl_worker to " + worker.name);
  require_workflows(worker.conninfo, test_workflows());
  exec("revoke select on pawl.workflows from pawl_worker");
  CHECK_THROWS_WITH(require_workflows(worker.conninfo, test_workflows()),
                    Catch::Contains("permission denied for table pawl.workflows"));
}

TEST_CASE_METHOD(Migrated, "a database that prints every name in quotes is in order") {
  exec("alter database " + name + " set quote_all_identifiers = on");
  CHECK(migrate().mended.empty());
  storage::PostgresConnection session(own_session(conninfo));
  CHECK(session.run("ask", "select count(*) from pawl.problems()", {}).string(0, 0) == "0");
  exec("drop trigger pawl_sync_failed_on_insert on pms_sync_logs");
  CHECK(migrate().mended == std::vector<std::string>{"pawl_sync_failed_on_insert"});
  CHECK(migrate().mended.empty());
}
