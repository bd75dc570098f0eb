// Writes what the migrator does for whoever may not let it.
#include "storage/schema/script.h"

#include <openssl/sha.h>

#include <array>

namespace pawl::storage {

const char* const kMigrationSettings =
    "set local client_min_messages = warning;\n"
    "set local timezone = 'UTC';\n"
    "set local datestyle = 'ISO, MDY';\n"
    "set local standard_conforming_strings = on;\n"
    "set local quote_all_identifiers = off;\n"
    // until the path is Postgres' own, what is named is named with its schema and called with exactly its types:
    // whoever may create in a schema of the login's path could make a better match
    "do $$ begin perform pg_catalog.set_config('pawl.application_schemas',"
    " pg_catalog.current_schemas(false)::pg_catalog.text[]::pg_catalog.text, true); end $$;\n"
    "set local search_path = pg_catalog, pg_temp;\n"
    // a login named pawl has pawl ahead of the application's schemas
    "do $$ declare schemas constant text[] := array_remove(array_remove(current_setting('pawl.application_schemas')::"
    "text[], 'pawl'), 'pg_catalog'); begin perform set_config('pawl.application_schemas', schemas::text, true),"
    " set_config('pawl.application_path', (select concat(string_agg(quote_ident(s.name) || ', ', '' order by s.place),"
    " 'pg_temp') from unnest(schemas) with ordinality s (name, place)), true); end $$;\n";

const char* const kUseApplicationPath =
    "do $$ begin perform set_config('search_path', current_setting('pawl.application_path'), true); end $$;\n";

const char* const kUseOwnPath = "set local search_path = pg_catalog, pg_temp;\n";

const char* const kMigrationPatience = "set local lock_timeout = '2s';\n";

const char* const kCreateBookkeeping =
    "do $$ begin if to_regnamespace('pawl') is null then create schema pawl; end if; end $$;\n"
    "create table if not exists pawl.migrations (line text, number int, name text not null, checksum text not null,"
    " applied_at timestamptz not null default now(), primary key (line, number));\n"
    "comment on table pawl.migrations is 'Which of pawl''s migrations this database has, with the SHA-256 of each.';\n";

const char* const kLockMigrations = "lock table pawl.migrations in share row exclusive mode;\n";

// Compared by operators of pg_catalog alone, also where pawl itself is on the path: the types fit theirs exactly.
const char* const kForeignSchema =
    "select string_agg(f.problem, '; ' order by f.place, f.problem) from ("
    "with trusted as (select r.oid from pg_catalog.pg_roles r where r.rolsuper or r.rolname = current_user),"
    " own as (select n.* from pg_catalog.pg_namespace n where n.nspname = name 'pawl')"
    " select 1 as place, 'schema pawl belongs to ' || n.nspowner::regrole || ', who could make there what runs with the"
    " rights of ' || quote_ident(current_user) || ': migrate as ' || n.nspowner::regrole || ', or drop the schema where"
    " nothing of yours is in it' as problem from own n where n.nspowner not in (select t.oid from trusted t)"
    " union all"
    " select 2, 'schema pawl is open to ' || case when a.grantee = oid '0' then 'everybody' else"
    " a.grantee::regrole::text end || ', who could make there what runs with the rights of '"
    " || quote_ident(current_user) || ': revoke create on schema pawl from ' || case when a.grantee = oid '0' then"
    " 'public' else a.grantee::regrole::text end from own n, aclexplode(n.nspacl) a where a.privilege_type = 'CREATE'"
    " and a.grantee <> n.nspowner and a.grantee not in (select t.oid from trusted t)"
    " union all"
    " select 3, o.what || ' belongs to ' || o.owner::regrole || ', and would be used with the rights of '"
    " || quote_ident(current_user) || ': drop it, or migrate as ' || o.owner::regrole from own n, lateral ("
    "select p.oid::regprocedure::text as what, p.proowner as owner from pg_catalog.pg_proc p"
    " where p.pronamespace = n.oid"
    " union all select 'operator ' || p.oid::regoperator::text, p.oprowner from pg_catalog.pg_operator p"
    " where p.oprnamespace = n.oid"
    " union all select c.oid::regclass::text, c.relowner from pg_catalog.pg_class c"
    " where c.relnamespace = n.oid and c.relkind in ('r', 'p', 'f', 'S', 'm')"
    ") o where o.owner not in (select t.oid from trusted t)) f";

const char* const kOtherMigrator =
    "select c.relowner::regrole::text from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = "
    "c.relnamespace"
    " where n.nspname = name 'pawl' and c.relname = name 'migrations' and not pg_has_role(c.relowner, 'usage')";

const char* const kRolesExist =
    "(select count(*) from pg_roles where rolname in ('pawl_worker', 'pawl_operator', 'pawl_producer')) = 3";

// A policy may name a worker's login in the place of its role. Roles are the cluster's: they may be there for another
// database. A login that policies do not hold, as a table's owner, tells nothing of the others.
const char* const kWorkerProblems =
    "with logins as (select l.rolname, l.rolbypassrls or exists (select from pg_class c where c.relrowsecurity"
    " and not c.relforcerowsecurity and pg_has_role(l.oid, c.relowner, 'usage')) as is_above"
    " from pg_roles l join pg_roles w on w.rolname = 'pawl_worker' and pg_has_role(l.oid, w.oid, 'usage')"
    " where l.rolcanlogin and not l.rolsuper)"
    " select string_agg(p.problem, '; ') from pg_roles w cross join lateral pawl.problems(w.rolname) p"
    " where w.rolname = 'pawl_worker' and not exists (select from logins l"
    " where not (l.is_above and exists (select from logins o where not o.is_above))"
    " and not exists (select from pawl.problems(l.rolname)))";

std::string checksum(const Migration& migration) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  SHA256(reinterpret_cast<const unsigned char*>(migration.sql.data()), migration.sql.size(), digest.data());
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string hex;
  for (const unsigned char byte : digest) (hex += kHex[byte >> 4]) += kHex[byte & 15];
  return hex;
}

namespace {

// Another migrator is waited for so long: psql's session sets nothing itself.
constexpr const char* kMigrationTurn = "set local lock_timeout = '1min';\n";

// psql leaves out what stands between \if and \endif where the query answers false.
std::string only_if(const std::string& condition, const std::string& statements) {
  return "select " + condition + " as wanted \\gset\n\\if :wanted\n" + statements + "\\endif\n";
}

std::string refuse_if(std::string_view query, const std::string& prefix) {
  return "do $pawl$ declare problem constant text := (" + std::string(query) +
         ");\nbegin\n  if problem is not null then raise exception '" + prefix + "%', problem; end if;\nend $pawl$;\n";
}

std::string not_applied(const MigrationLine& line, int number) {
  return "not exists (select from pawl.migrations where line = '" + std::string(line.name) +
         "' and number = " + std::to_string(number) + ")";
}

std::string titled(const MigrationLine& line, std::string_view what, std::string_view sql) {
  return "\n-- " + std::string(line.name) + "/" + std::string(what) + "\n" + std::string(sql);
}

std::string apply_once(const MigrationLine& line, const Migration& migration) {
  const std::string name(migration.name);
  return titled(
      line, name,
      only_if(not_applied(line, migration.number),
              std::string(migration.sql) + "insert into pawl.migrations (line, number, name, checksum) values ('" +
                  std::string(line.name) + "', " + std::to_string(migration.number) + ", '" + name + "', '" +
                  checksum(migration) + "');\n"));
}

std::string prepare(const MigrationLine& line, bool with_app) {
  std::string script;
  const std::string first = not_applied(line, 1);
  if (!line.unfit.empty())
    script += only_if(first, refuse_if(line.unfit, "the tables that pawl stands on do not fit: "));
  if (with_app && !line.reference.empty())
    script += kUseApplicationPath + titled(line, "reference.sql", line.reference) + kUseOwnPath;
  if (!line.missing.empty())
    script += only_if(first, refuse_if(line.missing, "the tables that pawl stands on are missing: "));
  return script;
}

}  // namespace

std::string migration_script(const MigrationLines& lines, const WorkflowNames& workflows, bool with_app,
                             bool create_roles) {
  std::string script =
      "-- For psql: one transaction, which applies what is missing. It may be run again.\n"
      "\\set ON_ERROR_STOP on\nbegin;\n";
  script += kMigrationSettings;
  script += refuse_if(kForeignSchema, "");
  script += only_if("to_regclass('pawl.migrations') is null", kCreateBookkeeping);
  script += kMigrationTurn;
  script += kLockMigrations;
  script += refuse_if(kForeignSchema, "");  // somebody else may have made it meanwhile
  script += kMigrationPatience;
  for (const MigrationLine* line : lines) script += prepare(*line, with_app);
  for (const MigrationLine* line : lines)
    for (const Migration& migration : line->migrations) script += apply_once(*line, migration);
  script += "\n-- the workflows\n";
  for (const engine::WorkflowName& workflow : workflows) script += add_workflow_sql(workflow) + ";\n";
  script += "\nselect pawl.close_functions();\nselect pawl.mend();\n";
  script += refuse_if("select string_agg(problem, '; ') from pawl.problems()", "");
  for (const MigrationLine* line : lines)
    if (create_roles && !line->roles.empty()) script += titled(*line, "roles.sql", line->roles);
  std::string grants;
  for (const MigrationLine* line : lines)
    if (!line->grants.empty()) grants += titled(*line, "grants.sql", line->grants);
  return script + only_if(kRolesExist, grants + refuse_if(kWorkerProblems, "")) + "commit;\n";
}

}  // namespace pawl::storage
