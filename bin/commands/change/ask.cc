// Asks of runs, by ids or by filters, and waits for no worker.
#include "bin/commands/change/ask.h"

#include <CLI/CLI.hpp>

#include "bin/commands/change/bulk_options.h"
#include "bin/commands/verb/one_shot.h"
#include "bin/operations/changes/run_changes.h"
#include "bin/operations/runs/fleet.h"
#include "bin/operations/runs/run_ids.h"
#include "bin/output/table.h"
#include "bin/settings/requester.h"

namespace pawl::bin {

namespace {

using Ask = std::vector<RunChange> (*)(const storage::PostgresAddress& address, const storage::RunRequest& request);

class AskVerb final : public Verb {
 public:
  AskVerb(CLI::App& command, const std::string& verb, Ask ask) : ask_(ask), bulk_(command, verb) {
    command.add_option("RUN", ids_, kRunHelp);
    command.add_option("--note", request_.note, "Why, for the audit trail and the run's reason");
  }

  ExitCode run(const Settings& settings, Console& console) override {
    if (bulk_.asked(ids_)) return bulk_.run(settings, console, request_.note);
    request_.requested_by = requester();
    const std::vector<GivenRuns> given = expand_ids(ids_, console.in);
    await_migrated_postgres(settings, console);
    RunSources sources(checkpoints_path(settings.checkpoints), settings.postgres);
    request_.ids = full_ids(given, sources);
    Table table{{"run", "outcome", "detail"}, {}, 0};
    ExitCode code = ExitCode::kDone;
    for (const RunChange& change : ask_(address_of(settings, kLongAnswer), request_)) {
      table.rows.push_back({change.run_id, change.outcome, cell_of(change.detail)});
      if (change.kind == RunChange::Kind::kNotFound) code = ExitCode::kNotFound;
      if (change.kind == RunChange::Kind::kRefused && code == ExitCode::kDone) code = ExitCode::kRefused;
    }
    print_table(console.out, table, settings.output);
    return code;
  }

 private:
  Ask ask_;
  BulkOptions bulk_;
  std::vector<std::string> ids_;
  storage::RunRequest request_;
};

}  // namespace

std::unique_ptr<Verb> make_cancel(CLI::App& command) {
  return std::make_unique<AskVerb>(command, "cancel", cancel_runs);
}

std::unique_ptr<Verb> make_retry_now(CLI::App& command) {
  return std::make_unique<AskVerb>(command, "retry-now", retry_runs_now);
}

}  // namespace pawl::bin
