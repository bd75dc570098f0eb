// Row-level security is judged by migrate for those whom it concerns.
#include <catch2/catch.hpp>

#include "engine/authoring/errors.h"
#include "storage/postgres/connection.h"
#include "storage/schema/roles.h"
#include "storage/schema/script.h"
#include "tests/storage/postgres_fixture.h"
#include "tests/storage/postgres_lines.h"
#include "tests/storage/schema/psql.h"

using namespace pawl;
using namespace pawl::tests;

TEST_CASE_METHOD(PostgresFixture,
                 "P10 P1: migrate judges row-level security for the worker, and not for who migrates alone") {
  const storage::MigrationLines lines = postgres_lines();
  const auto granted = [&] { storage::grant_roles(conninfo, false, lines); };
  exec("alter table notifications enable row level security");
  CHECK(value("select count(*) from pawl.problems()") == "0");  // a superuser and a table's owner see everything
  CHECK_THROWS_WITH(granted(), Catch::Contains("create policy pawl_reads on public.notifications for select to "
                                               "pawl_worker") &&
                                   Catch::Contains("create policy pawl_posts on public.notifications for insert to "
                                                   "pawl_worker"));
  CHECK_FALSE(run_with_psql(name, storage::migration_script(lines, {}, false, false)));
  exec("create policy pawl_reads on notifications for select to pawl_worker using (true)");
  CHECK_THROWS_WITH(granted(), Catch::Contains("lets pawl_worker insert no row"));
  for (const char* condition : {"false", "null"}) {
    exec("create policy pawl_posts on notifications for insert to pawl_worker with check (" + std::string(condition) +
         ")");
    CHECK_THROWS_WITH(granted(), Catch::Contains("lets pawl_worker insert no row"));
    exec("drop policy pawl_posts on notifications");
  }
  exec("create policy pawl_posts on notifications for insert to pawl_worker with check (kind like 'sync%')");
  CHECK_NOTHROW(granted());
  exec("create policy closed on notifications as restrictive for insert with check (false)");
  CHECK_THROWS_WITH(granted(), Catch::Contains("lets pawl_worker insert no row"));
  exec("drop policy closed on notifications");
  exec("create policy suspended on notifications as restrictive for insert with check (org_id is not null)");
  CHECK_NOTHROW(granted());
  CHECK(run_with_psql(name, storage::migration_script(lines, {}, false, false)));
}

TEST_CASE_METHOD(PostgresFixture, "P10 P1: a policy for the worker's login does as well as one for its role") {
  const std::string worker = login("pawl_worker");
  exec("alter table notifications enable row level security");
  CHECK_THROWS_AS(storage::grant_roles(conninfo, false, postgres_lines()), engine::RefusedError);
  exec("create policy all_of_it on notifications to test_pawl_worker using (true)");
  CHECK_NOTHROW(storage::grant_roles(conninfo, false, postgres_lines()));
}

TEST_CASE_METHOD(PostgresFixture,
                 "P10 P1: a login that owns the table does not answer for those whom its policies hold") {
  login("pawl_worker");
  exec("alter table notifications enable row level security");
  struct Undone {};  // logins are the server's, and so are their memberships
  storage::PostgresConnection connection(own_session(conninfo));
  const auto look = [&](storage::Transaction& transaction) {
    const auto has_problems = [&] { return !transaction.run(storage::kWorkerProblems).null(0, 0); };
    transaction.script("create role test_application login in role pawl_worker");
    transaction.script("grant usage on schema public to test_application");
    transaction.script("alter table notifications owner to test_application");
    CHECK(has_problems());
    transaction.script(
        "do $$ declare name text; begin for name in select m.member::regrole from pg_auth_members m"
        " where m.roleid = 'pawl_worker'::regrole and m.member <> 'test_application'::regrole"
        " loop execute 'revoke pawl_worker from ' || name; end loop; end $$");
    CHECK_FALSE(has_problems());  // there is no other
    throw Undone{};
  };
  CHECK_THROWS_AS(connection.transact("look at logins", look), Undone);
}
