// Applies numbered migrations, with the rows that record them, in one transaction.
#include "storage/postgres_migrator.h"

#include <map>

#include "engine/crash_point.h"
#include "engine/errors.h"
#include "storage/migration_script.h"
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

bool has_bookkeeping(Transaction& transaction) {
  return transaction.run("select from pg_tables where schemaname = 'pawl' and tablename = 'migrations'").size() > 0;
}

AppliedByNumber applied_migrations(Transaction& transaction) {
  AppliedByNumber applied;
  if (!has_bookkeeping(transaction)) return applied;
  const Rows rows = transaction.run(
      "select number, name, checksum, to_char(applied_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
      " from pawl.migrations order by number");
  for (std::size_t row = 0; row < rows.size(); ++row)
    applied[static_cast<int>(rows.integer(row, 0))] = {rows.string(row, 1), rows.string(row, 2), rows.string(row, 3)};
  return applied;
}

// Of 005 before its comment was ASCII: not every database's encoding has the characters that it was drawn with.
constexpr const char* kEarlierMailLedger = "4ec0461dcd508aed948509f9147379acff407c60e06e600c269f8b1bbdd63b4f";

bool is_text_of(const Migration& migration, const std::string& applied) {
  return checksum(migration) == applied || (migration.number == 5 && applied == kEarlierMailLedger);
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
    if (!is_text_of(*own->second, row.checksum))
      throw engine::RefusedError("Postgres migrations: " + row.name + " was edited since it was applied on " +
                                 row.applied_at + "; restore the file and write a new migration instead");
  }
}

// Of those that create the schema at once, all but one are told that it is there, and begin again. From then on
// migrators take turns by the lock of a table that is pawl's own.
void lock_migrations(Transaction& transaction) {
  if (!has_bookkeeping(transaction)) transaction.script(kCreateBookkeeping);
  transaction.script(kLockMigrations);
  transaction.script(kMigrationPatience);
}

bool answers(Transaction& transaction, const std::string& query) { return !transaction.run(query).null(0, 0); }

// Names the file that an error is about.
void run_script(Transaction& transaction, const std::string& name, std::string_view sql) {
  try {
    transaction.script(std::string(sql));
  } catch (...) {  // translated and rethrown, but for what the connection repeats
    if (worth_repeating()) throw;
    throw_translated("apply " + name);
  }
}

void create_application_tables(Transaction& transaction, std::vector<std::string>& applied) {
  for (const Migration& migration : application_migrations()) {
    applied.emplace_back("application/" + std::string(migration.name));
    run_script(transaction, applied.back(), migration.sql);
  }
}

void require_fitting_tables(Transaction& transaction) {
  const Rows unfit = transaction.run(kUnfitTables);
  if (!unfit.null(0, 0))
    throw engine::RefusedError("Postgres migrations: the application's tables do not fit, nothing was applied: " +
                               unfit.string(0, 0) + "; change them, or migrate beside tables of that shape");
}

// Before anything is applied. A database that is further may since have got other tables behind pawl.recipients; that
// is its own affair.
void prepare_application(Transaction& transaction, bool connected, bool with_app, std::vector<std::string>& applied) {
  if (!connected) require_fitting_tables(transaction);
  if (with_app && answers(transaction, kMissingTables)) create_application_tables(transaction, applied);
  if (connected) return;
  const Rows missing = transaction.run(kMissingTables);
  if (!missing.null(0, 0))
    throw engine::RefusedError("Postgres migrations: the application's tables are missing (" + missing.string(0, 0) +
                               "); run `pawl migrate --with-app`, or create them and put their schema on search_path");
}

void apply(Transaction& transaction, const Migration& migration) {
  const std::string name(migration.name);
  run_script(transaction, name, migration.sql);
  transaction.run("insert into pawl.migrations (number, name, checksum) values ($1::int, $2, $3)",
                  {std::to_string(migration.number), name, checksum(migration)});
}

void require_no_problems(Transaction& transaction) {
  const Rows found = transaction.run("select string_agg(problem, '; ') from pawl.problems()");
  if (!found.null(0, 0)) throw engine::RefusedError("Postgres: " + found.string(0, 0));
}

// Without locks, for a role that may do no more: whether all is applied and, as far as it may ask, in order.
bool nothing_to_do(Transaction& transaction, bool with_app) {
  const AppliedByNumber applied = applied_migrations(transaction);
  require_same_line(applied);
  if (applied.size() != postgres_migrations().size() || (with_app && answers(transaction, kMissingTables)))
    return false;
  if (!transaction.run("select has_function_privilege('pawl.problems(name)', 'execute')").boolean(0, 0)) return true;
  return transaction.run("select from pawl.problems()").size() == 0;
}

Migrated migrate(Transaction& transaction, bool with_app) {
  Migrated done;
  transaction.script(kMigrationSettings);
  if (nothing_to_do(transaction, with_app)) return done;
  lock_migrations(transaction);
  const AppliedByNumber applied = applied_migrations(transaction);
  require_same_line(applied);
  prepare_application(transaction, applied.contains(kConnectsApplication), with_app, done.applied);
  for (const Migration& migration : postgres_migrations()) {
    if (applied.contains(migration.number)) continue;
    apply(transaction, migration);
    done.applied.emplace_back(migration.name);
  }
  const Rows mended = transaction.run("select pawl.mend_triggers()");
  for (std::size_t row = 0; row < mended.size(); ++row) done.mended.push_back(mended.string(row, 0));
  require_no_problems(transaction);
  return done;
}

AppliedByNumber read_applied(const PostgresAddress& address) {
  PostgresConnection connection(address);
  AppliedByNumber applied;
  connection.transact("read migrations", [&](Transaction& transaction) { applied = applied_migrations(transaction); });
  return applied;
}

}  // namespace

Migrated migrate_postgres(const std::string& conninfo, bool with_app) {
  PostgresAddress address(conninfo);
  address.has_own_path = true;  // the application's tables are found by it
  PostgresConnection connection(std::move(address));
  Migrated done;
  const auto once = [&] {
    connection.transact("migrate", [&](Transaction& transaction) {
      done = migrate(transaction, with_app);
      engine::crash_point(engine::CrashPoint::kBeforeMigrated);
    });
    engine::crash_point(engine::CrashPoint::kAfterMigrated);
  };
  try {
    once();
  } catch (const DuplicateError&) {  // another migrator created the schema meanwhile
    once();
  }
  return done;
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
