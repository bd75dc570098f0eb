// Keeps each applied migration's whole text in the store, so that an edited one shows.
#include "storage/checkpoints/migrator.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>

#include "engine/authoring/errors.h"
#include "engine/faults/crash_point.h"
#include "storage/migrations/migrations.h"
#include "storage/sqlite/file.h"
#include "storage/sqlite/statement.h"

namespace pawl::storage {

namespace {

constexpr const char* kCreateTable =
    "create table migrations (number integer primary key, name text not null, sql text not null, "
    "applied_at integer not null) strict";

void require_known(const std::string& path, const std::string& name, int number, const std::string& sql) {
  const auto known = checkpoints_migrations().migrations;
  const auto same = std::find_if(known.begin(), known.end(), [&](const Migration& m) { return m.number == number; });
  if (same == known.end())
    throw engine::RefusedError("open checkpoints " + path + ": it was written by a newer pawl (migration " + name +
                               "); run that version, or give this one another PAWL_CHECKPOINTS");
  if (same->sql != sql)
    throw engine::RefusedError("open checkpoints " + path + ": its migration " + name +
                               " differs from the one in this build; run the build that made the file, or give this "
                               "one another PAWL_CHECKPOINTS");
}

void apply(SQLite::Database& database, const Migration& migration) {
  SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
  database.exec(std::string(migration.sql));
  SqliteStatement(database,
                  "insert into migrations (number, name, sql, applied_at) "
                  "values (?, ?, ?, cast(strftime('%s', 'now') as integer) * 1000000)")
      .exec(migration.number, std::string(migration.name), std::string(migration.sql));
  engine::crash_point(engine::CrashPoint::kBeforeStoreMigrated);
  transaction.commit();
  engine::crash_point(engine::CrashPoint::kAfterStoreMigrated);
}

// Everything is written through a rollback journal, which leaves one complete, synced file; WAL is for its later life.
void fill(const std::string& path) {
  SQLite::Database database(path, SQLite::OPEN_READWRITE);
  database.exec("pragma synchronous = full");
  database.exec("pragma application_id = " + std::to_string(kApplicationId));
  database.exec(kCreateTable);
  apply_missing_migrations(database);
  database.exec("pragma journal_mode = wal");
}

}  // namespace

void create_store(const std::string& path) {
  const std::string unfinished = path + ".new";
  create_private_file(unfinished);
  fill(unfinished);
  engine::crash_point(engine::CrashPoint::kBeforeStoreRenamed);
  rename_durably(unfinished, path);
  engine::crash_point(engine::CrashPoint::kAfterStoreRenamed);
}

void require_known_migrations(SQLite::Database& database, const std::string& path) {
  SQLite::Statement applied(database, "select number, name, sql from migrations order by number desc");
  while (applied.executeStep())
    require_known(path, applied.getColumn(1).getString(), applied.getColumn(0).getInt(),
                  applied.getColumn(2).getString());
}

void require_all_migrations(SQLite::Database& database, const std::string& path) {
  const int last = database.execAndGet("select coalesce(max(number), 0) from migrations").getInt();
  for (const Migration& migration : checkpoints_migrations().migrations)
    if (migration.number > last)
      throw engine::RefusedError(
          "open checkpoints " + path + ": they are of an older pawl and lack " + std::string(migration.name) +
          "; start this pawl's worker on them once, or read them " + "with the pawl that wrote them");
}

void create_schema(SQLite::Database& database, int last) {
  database.exec(kCreateTable);
  for (const Migration& migration : checkpoints_migrations().migrations)
    if (migration.number <= last) database.exec(std::string(migration.sql));
}

void apply_missing_migrations(SQLite::Database& database) {
  const int last = database.execAndGet("select coalesce(max(number), 0) from migrations").getInt();
  for (const Migration& migration : checkpoints_migrations().migrations)
    if (migration.number > last) apply(database, migration);
}

}  // namespace pawl::storage
