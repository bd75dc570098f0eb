// Applies, prints or lists the migrations.
#include "bin/commands/setup/migrate.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>

#include "bin/commands/setup/migration_status.h"
#include "bin/commands/verb/one_shot.h"
#include "bin/operations/runs/command_error.h"
#include "bin/worker/workflows.h"
#include "storage/postgres/advice.h"
#include "storage/schema/migrator.h"
#include "storage/schema/roles.h"
#include "storage/schema/script.h"

namespace pawl::bin {

namespace {

// A migration may rewrite a table. Of another migrator's turn it waits for a third of this, as for any lock.
constexpr engine::Duration kPatience = std::chrono::minutes{3};

class MigrateVerb final : public Verb {
 public:
  MigrateVerb(CLI::App& command, Workflows& workflows) : workflows_(workflows) {
    command.add_flag("--with-app", with_app_, "First create the application's reference tables where they are missing");
    command.add_flag("--roles", roles_,
                     "Create the roles pawl_worker, pawl_operator and pawl_producer, and grant them what they need");
    command.add_flag("--print", print_,
                     "Print the SQL for psql, as a whole and to be run as often as you like, and change nothing");
    command.add_flag("--status", status_,
                     "List what is applied in both databases and change nothing; exit 4 where Postgres lacks some");
    command.footer("The checkpoint file is migrated by the worker that opens it.");
  }

  ExitCode run(const Settings& settings, Console& console) override {
    if (print_ && status_) throw UsageError("migrate takes --print or --status, not both");
    if (status_ && (with_app_ || roles_))
      throw UsageError("migrate --status changes nothing: it goes without --with-app and --roles");
    if (print_) return print(console);
    if (status_) return show_status(settings, console);
    return apply(settings, console);
  }

 private:
  ExitCode print(Console& console) const {
    console.out << storage::migration_script(workflows_.migrations(), workflows_.workflow_names(), with_app_, roles_);
    return ExitCode::kDone;
  }

  ExitCode show_status(const Settings& settings, Console& console) const {
    Table table{{"database", "migration", "applied"}, {}, 1};
    await_postgres(settings, console, [&] { table.rows = postgres_status_rows(address_of(settings), workflows_); });
    const bool is_applied = std::ranges::all_of(table.rows, [](const auto& row) { return row.back().has_value(); });
    for (auto& row : checkpoint_status_rows(settings)) table.rows.push_back(std::move(row));
    print_table(console.out, table, settings.output);
    if (is_applied) return ExitCode::kDone;
    console.note() << "Postgres lacks migrations; run `pawl migrate`\n";
    return ExitCode::kRefused;
  }

  ExitCode apply(const Settings& settings, Console& console) const {
    if (const auto warning = storage::impostor_warning(settings.postgres)) console.note() << *warning << '\n';
    const storage::MigrationLines lines = workflows_.migrations();
    const storage::WorkflowNames names = workflows_.workflow_names();
    storage::Migrated done;
    await_postgres(settings, console,
                   [&] { done = storage::migrate_postgres(address_of(settings, kPatience), with_app_, lines, names); });
    await_postgres(settings, console, [&] { storage::grant_roles(address_of(settings, kPatience), roles_, lines); });
    for (const std::string& name : done.applied) console.out << "applied " << name << '\n';
    for (const std::string& name : done.registered) console.out << "registered workflow " << name << '\n';
    for (const std::string& name : done.mended) console.out << "mended trigger " << name << ": it makes events again\n";
    if (done.closed > 0) console.out << "closed " << done.closed << " functions that were open to everybody\n";
    if (done.applied.empty() && done.registered.empty() && done.mended.empty() && done.closed == 0)
      console.out << "nothing to apply: the database is as new as this pawl\n";
    return ExitCode::kDone;
  }

  const Workflows& workflows_;
  bool with_app_ = false;
  bool roles_ = false;
  bool print_ = false;
  bool status_ = false;
};

}  // namespace

std::unique_ptr<Verb> make_migrate(CLI::App& command, Workflows& workflows) {
  return std::make_unique<MigrateVerb>(command, workflows);
}

}  // namespace pawl::bin
