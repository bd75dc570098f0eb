// Applies numbered migrations, each in a transaction with the row that records it.
#include "storage/postgres_migrator.h"

#include <Poco/DigestEngine.h>
#include <Poco/SHA2Engine.h>

#include <map>

#include "engine/crash_point.h"
#include "engine/errors.h"
#include "storage/migrations.h"
#include "storage/postgres_connection.h"
#include "storage/postgres_errors.h"

namespace pawl::storage {

namespace {

struct Applied {
  std::string name;
  std::string checksum;
  std::string applied_at;
};
using AppliedByNumber = std::map<int, Applied>;

std::string checksum(const Migration& migration) {
  Poco::SHA2Engine sha256(Poco::SHA2Engine::SHA_256);
  sha256.update(migration.sql.data(), migration.sql.size());
  return Poco::DigestEngine::digestToHex(sha256.digest());
}

AppliedByNumber applied_migrations(Transaction& transaction) {
  AppliedByNumber applied;
  if (transaction.run("select from pg_tables where schemaname = 'pawl' and tablename = 'migrations'").size() == 0)
    return applied;
  const Rows rows = transaction.run(
      "select number, name, checksum, to_char(applied_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
      " from pawl.migrations order by number");
  for (std::size_t row = 0; row < rows.size(); ++row)
    applied[static_cast<int>(rows.integer(row, 0))] = {rows.string(row, 1), rows.string(row, 2), rows.string(row, 3)};
  return applied;
}

// An applied migration that this build does not have, or has with another text, makes everything after it a guess.
void require_same_line(const AppliedByNumber& applied) {
  std::map<int, const Migration*> ours;
  for (const Migration& migration : postgres_migrations()) ours[migration.number] = &migration;
  for (const auto& [number, row] : applied) {
    const auto own = ours.find(number);
    if (own == ours.end())
      throw engine::RefusedError("Postgres migrations: the database has " + row.name +
                                 ", which this pawl does not know; use the newer pawl that applied it");
    if (checksum(*own->second) != row.checksum)
      throw engine::RefusedError("Postgres migrations: " + row.name + " was edited since it was applied on " +
                                 row.applied_at + "; restore the file and write a new migration instead");
  }
}

// Two migrators take turns; the second finds the work done. By the lock of a table that is pawl's own: an advisory lock
// can be held by any role that may connect.
void lock_migrations(Transaction& transaction) {
  transaction.run("lock table pawl.migrations in share row exclusive mode");
}

void create_bookkeeping(PostgresConnection& connection) {
  connection.transact("prepare migrations", [](Transaction& transaction) {
    if (transaction.run("select from pg_namespace where nspname = 'pawl'").size() == 0)
      transaction.run("create schema pawl");
    transaction.script(
        "set local client_min_messages = warning;"
        "create table if not exists pawl.migrations (number int primary key, name text not null,"
        " checksum text not null, applied_at timestamptz not null default now());"
        "comment on table pawl.migrations is 'Which of pawl''s migrations this database has, with the SHA-256 of "
        "each.'");
    engine::crash_point(engine::CrashPoint::kBeforeMigrated);
  });
  engine::crash_point(engine::CrashPoint::kAfterMigrated);
}

// Of two that create the schema at once, one is told that it is there.
void create_bookkeeping_once(PostgresConnection& connection) {
  try {
    create_bookkeeping(connection);
  } catch (const DuplicateError&) {
    create_bookkeeping(connection);
  }
}

constexpr const char* kMissingTables =
    "select string_agg(t.name, ', ') from unnest(array['organisations', 'users', 'org_members', 'pms_connections',"
    " 'pms_sync_logs', 'notifications']) t (name) where to_regclass(t.name) is null";

std::vector<std::string> create_application_tables(PostgresConnection& connection) {
  std::vector<std::string> names;
  connection.transact("create the application's tables", [&](Transaction& transaction) {
    names.clear();
    lock_migrations(transaction);
    if (transaction.run(kMissingTables).null(0, 0)) return;
    transaction.script("set local client_min_messages = warning");
    for (const Migration& migration : application_migrations()) {
      transaction.script(std::string(migration.sql));
      names.emplace_back("application/" + std::string(migration.name));
    }
    engine::crash_point(engine::CrashPoint::kBeforeMigrated);
  });
  engine::crash_point(engine::CrashPoint::kAfterMigrated);
  return names;
}

// A database that is up to date may since have got other tables behind pawl.recipients; that is its own affair.
void require_application_tables(PostgresConnection& connection, const AppliedByNumber& applied) {
  if (applied.size() == postgres_migrations().size()) return;
  const Rows missing = connection.run("look for the application's tables", kMissingTables, {});
  if (!missing.null(0, 0))
    throw engine::RefusedError("Postgres migrations: the application's tables are missing (" + missing.string(0, 0) +
                               "); run `pawl migrate --with-app`, or create them and put their schema on search_path");
}

// Returns whether it was still to be applied.
bool apply(PostgresConnection& connection, const Migration& migration) {
  bool applied_now = false;
  connection.transact("apply " + std::string(migration.name), [&](Transaction& transaction) {
    lock_migrations(transaction);
    const AppliedByNumber applied = applied_migrations(transaction);
    require_same_line(applied);
    applied_now = !applied.contains(migration.number);
    if (!applied_now) return;
    transaction.script(std::string(migration.sql));
    transaction.run("insert into pawl.migrations (number, name, checksum) values ($1::int, $2, $3)",
                    {std::to_string(migration.number), std::string(migration.name), checksum(migration)});
    engine::crash_point(engine::CrashPoint::kBeforeMigrated);
  });
  engine::crash_point(engine::CrashPoint::kAfterMigrated);
  return applied_now;
}

AppliedByNumber read_applied(const PostgresAddress& address) {
  PostgresConnection connection(address);
  AppliedByNumber applied;
  connection.transact("read migrations", [&](Transaction& transaction) { applied = applied_migrations(transaction); });
  return applied;
}

}  // namespace

std::vector<std::string> migrate_postgres(const std::string& conninfo, bool with_app) {
  const AppliedByNumber applied = read_applied(conninfo);
  require_same_line(applied);
  PostgresConnection connection(conninfo);
  std::vector<std::string> names;
  if (!with_app) require_application_tables(connection, applied);
  create_bookkeeping_once(connection);
  if (with_app) names = create_application_tables(connection);
  for (const Migration& migration : postgres_migrations())
    if (apply(connection, migration)) names.emplace_back(migration.name);
  return names;
}

std::vector<MigrationState> postgres_migration_state(const std::string& conninfo) {
  const AppliedByNumber applied = read_applied(conninfo);
  std::vector<MigrationState> states;
  for (const Migration& migration : postgres_migrations()) {
    const auto row = applied.find(migration.number);
    states.push_back({std::string(migration.name), row == applied.end() ? "" : row->second.applied_at});
  }
  return states;
}

void require_migrated(const PostgresAddress& address) {
  const AppliedByNumber applied = read_applied(address);
  require_same_line(applied);
  for (const Migration& migration : postgres_migrations())
    if (!applied.contains(migration.number))
      throw engine::RefusedError("Postgres: the database lacks " + std::string(migration.name) +
                                 "; run `pawl migrate`");
}

}  // namespace pawl::storage
