// What somebody has made in a schema of the path of whoever migrates, or asks as a superuser, never runs.
#include <catch2/catch.hpp>

#include "storage/outbox/operators/event_admin.h"
#include "storage/schema/migrator.h"
#include "storage/schema/roles.h"
#include "storage/schema/script.h"
#include "tests/storage/postgres_fixture.h"
#include "tests/storage/postgres_lines.h"
#include "tests/storage/schema/psql.h"

using namespace pawl;
using namespace pawl::tests;

namespace {

// Operators and functions in `public` that fit better than those of Postgres wherever types are mixed, and end whatever
// calls them.
constexpr const char* kPlanted = R"(
create function public.attack(signature text, result text) returns void language plpgsql as $$
begin
  execute format('create function public.%s returns %s language plpgsql as %L', signature, result,
                 format('begin raise exception %L; end', 'attacked by ' || signature));
end $$;
do $$
declare
  types constant text[] := '{text,name,oid,regclass,regtype,regnamespace,"\"char\"",uuid,bigint,smallint,varchar}';
  o record;
begin
  for o in select op.name, op.result, l, r, format('f_%s', row_number() over ()) as function
           from (values ('=', 'boolean'), ('<>', 'boolean'), ('<', 'boolean'), ('>=', 'boolean'),
                        ('||', 'text')) op (name, result),
                unnest(types) l, unnest(types) r where l <> r loop
    perform public.attack(format('%s(%s, %s)', o.function, o.l, o.r), o.result);
    execute format('create operator public.%s (leftarg = %s, rightarg = %s, function = public.%s)',
                   o.name, o.l, o.r, o.function);
  end loop;
  perform public.attack(f.signature, f.result) from (values
    ('quote_ident(name)', 'text'), ('quote_literal(name)', 'text'), ('concat(text, text)', 'text'),
    ('concat(text, text, text)', 'text'), ('format(text, text)', 'text'), ('format(text, name)', 'text'),
    ('format(text, name, name)', 'text'), ('format(text, text, text)', 'text'), ('to_regclass(name)', 'regclass'),
    ('upper(name)', 'text'), ('lower(name)', 'text'), ('left(name, int)', 'text'),
    ('split_part(name, text, int)', 'text'), ('has_table_privilege(regclass, text)', 'boolean'),
    ('has_function_privilege(text, name)', 'boolean')) f (signature, result);
end $$;
)";

// Fails where something of pawl's stands on what was planted.
constexpr const char* kDugUp = R"(
do $$ declare o record; begin
  for o in select oid::regoperator as name from pg_operator where oprnamespace = 'public'::regnamespace loop
    execute format('drop operator %s', o.name);
  end loop;
  for o in select oid::regprocedure as name from pg_proc
           where pronamespace = 'public'::regnamespace and prosrc like '%attacked%' loop
    execute format('drop function %s', o.name);
  end loop;
end $$;
)";

void run(const std::string& conninfo, const std::string& path, const std::string& script) {
  storage::PostgresConnection(own_session(conninfo)).transact("plant", [&](storage::Transaction& transaction) {
    transaction.script("set local search_path = " + path + ";" + script);
  });
}

}  // namespace

TEST_CASE("a superuser who migrates runs nothing that somebody has made in a schema of his path") {
  const bool by_psql = GENERATE(false, true);
  const EmptyDatabase empty;
  run(empty.conninfo, "pg_catalog", kPlanted);
  for (int time = 0; time < 2; ++time)  // all is new, and nothing is
    if (by_psql) {
      CHECK(run_with_psql(empty.name, storage::migration_script(postgres_lines(), test_workflows(), true, true)));
    } else {
      CHECK_NOTHROW(storage::migrate_postgres(empty.conninfo, true, postgres_lines(), test_workflows()));
      CHECK_NOTHROW(storage::grant_roles(empty.conninfo, true, postgres_lines()));
    }
  CHECK_NOTHROW(run(empty.conninfo, "pg_catalog", kDugUp));
}

TEST_CASE_METHOD(PostgresFixture, "a superuser who resumes runs nothing that somebody has made in public") {
  Worker worker(*this);
  worker.open();
  emit();
  const auto events = worker.claim();
  REQUIRE(events.size() == 1);
  worker.finish(events[0], engine::RunStatus::kFailed, "broken");
  run("dbname=" + name, "pg_catalog", kPlanted);
  storage::ResumeRequest request;
  request.event_ids = {events[0].id};
  request.requested_by = "oncall";
  CHECK(storage::resume_events(conninfo, request).at(0).resumed);
  CHECK(storage::runs_of(conninfo, {events[0].id}).size() == 1);
}
