// Applies numbered migrations, with the rows that record them, in one transaction.
#include "storage/schema/migrator.h"

#include <map>

#include "engine/authoring/errors.h"
#include "engine/faults/crash_point.h"
#include "storage/migrations/migrations.h"
#include "storage/postgres/connection.h"
#include "storage/postgres/errors.h"
#include "storage/postgres/text/sql_text.h"
#include "storage/schema/script.h"

namespace pawl::storage {

namespace {

struct Applied {
  std::string name;
  std::string checksum;
  std::string applied_at;
};
using AppliedLine = std::map<int, Applied>;
using AppliedLines = std::map<std::string, AppliedLine, std::less<>>;

bool has_bookkeeping(Transaction& transaction) {
  return transaction.run("select from pg_tables where schemaname = 'pawl' and tablename = 'migrations'").size() > 0;
}

bool may_read_bookkeeping(Transaction& transaction) {
  return transaction
      .run(
          "select coalesce(has_schema_privilege(n.oid, 'usage')"
          " and has_table_privilege(c.oid, 'select'), true) from (select) one"
          " left join pg_catalog.pg_namespace n on n.nspname = name 'pawl'"
          " left join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = name 'migrations'")
      .boolean(0, 0);
}

AppliedLines applied_migrations(Transaction& transaction) {
  AppliedLines applied;
  if (!has_bookkeeping(transaction)) return applied;
  const Rows rows = transaction.run("select line, number, name, checksum, " + utc_text("applied_at", Fraction::kNone) +
                                    " from pawl.migrations order by number");
  for (std::size_t row = 0; row < rows.size(); ++row)
    applied[rows.string(row, 0)][static_cast<int>(rows.integer(row, 1))] = {rows.string(row, 2), rows.string(row, 3),
                                                                            rows.string(row, 4)};
  return applied;
}

std::string full_name(const MigrationLine& line, std::string_view name) {
  return std::string(line.name) + "/" + std::string(name);
}

// An applied migration that this build does not have, or has with another text, makes everything after it a guess.
// Lines of which it knows nothing are somebody else's.
void require_same_line(const MigrationLine& line, const AppliedLine& applied) {
  std::map<int, const Migration*> ours;
  for (const Migration& migration : line.migrations) ours[migration.number] = &migration;
  for (const auto& [number, row] : applied) {
    const auto own = ours.find(number);
    if (own == ours.end())
      throw engine::RefusedError("Postgres migrations: the database has " + full_name(line, row.name) +
                                 ", which this pawl does not know; use the newer pawl that applied it");
    if (checksum(*own->second) != row.checksum)
      throw engine::RefusedError("Postgres migrations: " + full_name(line, row.name) +
                                 " was edited since it was applied on " + row.applied_at +
                                 "; restore the file and write a new migration instead");
  }
}

void require_same_lines(const MigrationLines& lines, AppliedLines& applied) {
  for (const MigrationLine* line : lines) require_same_line(*line, applied[std::string(line->name)]);
}

// Whoever owns the schema, or a function in it, could make there what runs with the rights of who migrates.
std::string foreign_schema(Transaction& transaction) {
  const Rows found = transaction.run(kForeignSchema);
  return found.null(0, 0) ? "" : found.string(0, 0);
}

void require_own_schema(Transaction& transaction) {
  if (const std::string foreign = foreign_schema(transaction); !foreign.empty())
    throw engine::RefusedError("Postgres migrations: " + foreign);
}

bool is_superuser(Transaction& transaction) {
  return transaction.run("select rolsuper from pg_catalog.pg_roles where rolname = current_user").boolean(0, 0);
}

void require_migrator(Transaction& transaction, std::string_view what) {
  const Rows other = transaction.run(kOtherMigrator);
  if (other.size() > 0)
    throw engine::RefusedError("Postgres migrations: " + std::string(what) + " as " + other.string(0, 0) +
                               ", who has migrated this database, or as a member of that role");
}

// Of those that create the schema at once, all but one are told that it is there, and begin again. From then on
// migrators take turns by the lock of a table that is pawl's own.
void lock_migrations(Transaction& transaction) {
  require_migrator(transaction, "there is something to apply or to mend: migrate");
  require_own_schema(transaction);
  if (!has_bookkeeping(transaction)) transaction.script(kCreateBookkeeping);
  transaction.script(kLockMigrations);
  require_own_schema(transaction);  // somebody else may have made it meanwhile
  transaction.script(kMigrationPatience);
}

// Names the file that an error is about.
void run_script(Transaction& transaction, const std::string& name, std::string_view sql) {
  try {
    transaction.script(std::string(sql));
  } catch (...) {  // translated and rethrown, but for what the connection repeats
    if (worth_repeating()) throw;
    throw_translated("apply " + name);
  }
}

// The answer of a line's query; empty: none.
std::string answer(Transaction& transaction, std::string_view query) {
  return query.empty() ? "" : transaction.run(std::string(query)).string(0, 0);
}

// Before anything is applied. Of a database that is further, the tables that a line stands on may since have been
// replaced behind its views; that is the deployment's own affair.
void prepare(Transaction& transaction, const MigrationLine& line, bool begun, bool with_app,
             std::vector<std::string>& applied) {
  const std::string unfit = begun ? "" : answer(transaction, line.unfit);
  if (!unfit.empty())
    throw engine::RefusedError("Postgres migrations: the tables that " + std::string(line.name) +
                               " stands on do not fit, nothing was applied: " + unfit +
                               "; change them, or migrate beside tables of that shape");
  std::string missing = answer(transaction, line.missing);
  if (with_app && !missing.empty()) {
    applied.push_back(full_name(line, "reference.sql"));
    transaction.script(kUseApplicationPath);
    run_script(transaction, applied.back(), line.reference);
    transaction.script(kUseOwnPath);
    missing = answer(transaction, line.missing);
  }
  if (!begun && !missing.empty())
    throw engine::RefusedError("Postgres migrations: the tables that " + std::string(line.name) +
                               " stands on are missing (" + missing +
                               "); run `pawl migrate --with-app`, or create them and put their schema on search_path");
}

void apply(Transaction& transaction, const MigrationLine& line, const Migration& migration) {
  run_script(transaction, full_name(line, migration.name), migration.sql);
  transaction.run(
      "insert into pawl.migrations (line, number, name, checksum) values ($1, $2::int, $3, $4)",
      {std::string(line.name), std::to_string(migration.number), std::string(migration.name), checksum(migration)});
}

void require_no_problems(Transaction& transaction) {
  const Rows found = transaction.run("select string_agg(problem, '; ') from pawl.problems()");
  if (!found.null(0, 0)) throw engine::RefusedError("Postgres: " + found.string(0, 0));
}

// Without locks, for a role that may do no more: whether all is applied and, as far as it may ask, in order.
bool nothing_to_do(Transaction& transaction, const MigrationLines& lines, bool with_app,
                   const WorkflowNames& workflows) {
  AppliedLines applied = applied_migrations(transaction);
  require_same_lines(lines, applied);
  for (const MigrationLine* line : lines)
    if (applied[std::string(line->name)].size() != line->migrations.size() ||
        (with_app && !answer(transaction, line->missing).empty()))
      return false;
  if (!unregistered(registered_workflows(transaction), workflows).empty()) return false;
  if (!transaction.run("select has_function_privilege('pawl.problems(name)', 'execute')").boolean(0, 0)) return true;
  return transaction.run("select from pawl.problems()").size() == 0;
}

Migrated migrate(Transaction& transaction, const MigrationLines& lines, bool with_app, const WorkflowNames& workflows) {
  Migrated done;
  transaction.script(kMigrationSettings);
  if (is_superuser(transaction)) require_own_schema(transaction);  // who may do no more than ask risks nothing
  if (!may_read_bookkeeping(transaction))
    require_migrator(transaction, "this login may not see what is applied: migrate");
  if (nothing_to_do(transaction, lines, with_app, workflows)) return done;
  lock_migrations(transaction);
  AppliedLines applied = applied_migrations(transaction);
  require_same_lines(lines, applied);
  for (const MigrationLine* line : lines)
    prepare(transaction, *line, !applied[std::string(line->name)].empty(), with_app, done.applied);
  for (const MigrationLine* line : lines)
    for (const Migration& migration : line->migrations) {
      if (applied[std::string(line->name)].contains(migration.number)) continue;
      apply(transaction, *line, migration);
      done.applied.push_back(full_name(*line, migration.name));
    }
  for (const engine::WorkflowName& workflow : unregistered(registered_workflows(transaction), workflows)) {
    transaction.run(add_workflow_sql(workflow));
    done.registered.push_back(workflow.workflow);
  }
  done.closed = static_cast<std::size_t>(transaction.run("select pawl.close_functions()").integer(0, 0));
  const Rows mended = transaction.run("select pawl.mend()");
  for (std::size_t row = 0; row < mended.size(); ++row) done.mended.push_back(mended.string(row, 0));
  require_no_problems(transaction);
  return done;
}

struct State {
  AppliedLines applied;
  std::map<std::string, RegisteredWorkflow> workflows;
};

State read_state(PostgresConnection& connection) {
  State state;
  connection.transact("read migrations", [&](Transaction& transaction) {
    state = {applied_migrations(transaction), registered_workflows(transaction)};
  });
  return state;
}

}  // namespace

Migrated migrate_postgres(PostgresAddress address, bool with_app, const MigrationLines& lines,
                          const WorkflowNames& workflows) {
  address.has_own_path = true;  // the application's tables are found by it
  PostgresConnection connection(std::move(address));
  Migrated done;
  const auto once = [&] {
    connection.transact("migrate", [&](Transaction& transaction) {
      done = migrate(transaction, lines, with_app, workflows);
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

std::vector<MigrationState> postgres_migration_state(const PostgresAddress& address, const MigrationLines& lines,
                                                     const WorkflowNames& workflows) {
  PostgresConnection connection(address);
  State state = read_state(connection);
  std::vector<MigrationState> states;
  for (const MigrationLine* line : lines)
    for (const Migration& migration : line->migrations)
      states.push_back(
          {full_name(*line, migration.name), state.applied[std::string(line->name)][migration.number].applied_at});
  for (const engine::WorkflowName& name : workflows)
    states.push_back({"workflow " + name.workflow, state.workflows[name.workflow].added_at});
  return states;
}

void require_migrated(PostgresConnection& connection, const MigrationLines& lines) {
  AppliedLines applied = read_state(connection).applied;
  require_same_lines(lines, applied);
  for (const MigrationLine* line : lines)
    for (const Migration& migration : line->migrations)
      if (!applied[std::string(line->name)].contains(migration.number))
        throw engine::RefusedError("Postgres: the database lacks " + full_name(*line, migration.name) +
                                   "; run `pawl migrate`");
}

void require_migrated(const PostgresAddress& address, const MigrationLines& lines) {
  PostgresConnection connection(address);
  require_migrated(connection, lines);
}

}  // namespace pawl::storage
