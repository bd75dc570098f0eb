// Writes what the migrator does for whoever may not let it.
#include "storage/migration_script.h"

#include <Poco/DigestEngine.h>
#include <Poco/SHA2Engine.h>

namespace pawl::storage {

const char* const kMigrationSettings =
    "set local client_min_messages = warning;\n"
    "set local timezone = 'UTC';\n"
    "set local datestyle = 'ISO, MDY';\n"
    "set local standard_conforming_strings = on;\n"
    // of the path, the schemas that may be the application's: a login named pawl has pawl ahead of them, and what is
    // not listed, temporary tables before all, would come first
    "do $$ begin perform set_config('search_path', (select concat(string_agg(quote_ident(s.name) || ', ', '' order by"
    " s.place), 'pg_temp') from unnest(current_schemas(false)) with ordinality s (name, place)"
    " where s.name not in ('pawl', 'pg_catalog')), true); end $$;\n";

const char* const kMigrationPatience = "set local lock_timeout = '2s';\n";

const char* const kMissingTables =
    "select string_agg(t.name, ', ') from unnest(array['organisations', 'users', 'org_members', 'pms_connections',"
    " 'pms_sync_logs', 'notifications']) t (name) where to_regclass(t.name) is null";

const char* const kUnfitTables =
    "select string_agg(format('%s.%s is %s', w.name, w.col, coalesce(format_type(a.atttypid, a.atttypmod)"
    " || ', not uuid', 'missing')), '; ' order by w.name, w.col)\n"
    "from (select t.name, c.col, t.ids like '% ' || c.col || ' %' as is_id from (values\n"
    "  ('organisations', ' id ', 'id name'), ('users', ' id ', 'id email full_name'),\n"
    "  ('org_members', ' org_id user_id ', 'org_id user_id role'),\n"
    "  ('pms_connections', ' id org_id ', 'id org_id provider label'),\n"
    "  ('pms_sync_logs', ' id connection_id ', 'id connection_id status error_message finished_at'),\n"
    "  ('notifications', ' id event_id user_id org_id ', 'id event_id user_id org_id kind urgency title body link "
    "data'))"
    " t (name, ids, cols)\n"
    "  cross join unnest(string_to_array(t.cols, ' ')) c (col)) w\n"
    "left join pg_attribute a on a.attrelid = to_regclass(w.name) and a.attname = w.col and not a.attisdropped\n"
    "left join pg_type y on y.oid = a.atttypid\n"
    "where to_regclass(w.name) is not null\n"
    "  and (a.attnum is null or w.is_id and 'uuid'::regtype not in (y.oid, y.typbasetype))";

const char* const kCreateBookkeeping =
    "do $$ begin if to_regnamespace('pawl') is null then create schema pawl; end if; end $$;\n"
    "create table if not exists pawl.migrations (number int primary key, name text not null,"
    " checksum text not null, applied_at timestamptz not null default now());\n"
    "comment on table pawl.migrations is 'Which of pawl''s migrations this database has, with the SHA-256 of each.';\n";

const char* const kLockMigrations = "lock table pawl.migrations in share row exclusive mode;\n";

const char* const kRolesExist =
    "(select count(*) from pg_roles where rolname in ('pawl_worker', 'pawl_operator', 'pawl_producer')) = 3";

std::string checksum(const Migration& migration) {
  Poco::SHA2Engine sha256(Poco::SHA2Engine::SHA_256);
  sha256.update(migration.sql.data(), migration.sql.size());
  return Poco::DigestEngine::digestToHex(sha256.digest());
}

namespace {

// psql leaves out what stands between \if and \endif where the query answers false.
std::string only_if(const std::string& condition, const std::string& statements) {
  return "select " + condition + " as wanted \\gset\n\\if :wanted\n" + statements + "\\endif\n";
}

std::string refuse_if(const std::string& query, const std::string& prefix) {
  return "do $pawl$ declare problem constant text := (" + query +
         ");\nbegin\n  if problem is not null then raise exception '" + prefix + "%', problem; end if;\nend $pawl$;\n";
}

std::string not_applied(int number) {
  return "not exists (select from pawl.migrations where number = " + std::to_string(number) + ")";
}

std::string apply_once(const Migration& migration) {
  return "\n-- postgres/" + std::string(migration.name) + "\n" +
         only_if(not_applied(migration.number),
                 std::string(migration.sql) + "insert into pawl.migrations (number, name, checksum) values (" +
                     std::to_string(migration.number) + ", '" + std::string(migration.name) + "', '" +
                     checksum(migration) + "');\n");
}

}  // namespace

std::string migration_script(bool with_app, bool create_roles) {
  std::string script =
      "-- For psql: one transaction, which applies what is missing. It may be run again.\n"
      "\\set ON_ERROR_STOP on\nbegin;\n";
  script += kMigrationSettings;
  script += only_if("to_regclass('pawl.migrations') is null", kCreateBookkeeping);
  script += kLockMigrations;
  script += kMigrationPatience;
  const std::string first = not_applied(kConnectsApplication);
  script += only_if(first, refuse_if(kUnfitTables, "the application''s tables do not fit: "));
  if (with_app)
    for (const Migration& migration : application_migrations())
      script += "\n-- application/" + std::string(migration.name) + "\n" + std::string(migration.sql);
  script += only_if(first, refuse_if(kMissingTables, "the application''s tables are missing: "));
  for (const Migration& migration : postgres_migrations()) script += apply_once(migration);
  script += "\nselect pawl.mend_triggers();\n";
  script += refuse_if("select string_agg(problem, '; ') from pawl.problems()", "");
  const auto roles = roles_migrations();
  if (create_roles) script += "\n-- roles/" + std::string(roles.front().name) + "\n" + std::string(roles.front().sql);
  script += "\n-- roles/" + std::string(roles.back().name) + "\n" + only_if(kRolesExist, std::string(roles.back().sql));
  return script + "commit;\n";
}

}  // namespace pawl::storage
