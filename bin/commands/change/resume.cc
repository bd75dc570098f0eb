// Puts failed events back into the outbox, by ids or by filters.
#include "bin/commands/change/resume.h"

#include <CLI/CLI.hpp>

#include "bin/commands/change/bulk_options.h"
#include "bin/commands/verb/one_shot.h"
#include "bin/operations/changes/run_changes.h"
#include "bin/operations/runs/command_error.h"
#include "bin/operations/runs/fleet.h"
#include "bin/operations/runs/run_ids.h"
#include "bin/settings/requester.h"

namespace pawl::bin {

namespace {

class ResumeVerb final : public Verb {
 public:
  explicit ResumeVerb(CLI::App& command) : bulk_(command, "resume") {
    command.add_option("RUN", ids_, kRunHelp);
    command.add_option("--note", request_.note, "Why, for the audit trail");
  }

  ExitCode run(const Settings& settings, Console& console) override {
    if (bulk_.asked(ids_)) return bulk_.run(settings, console, request_.note);
    request_.rate = bulk_.rate();
    request_.requested_by = requester();
    const std::vector<GivenRuns> given = expand_ids(ids_, console.in);
    await_migrated_postgres(settings, console);
    RunSources sources(checkpoints_path(settings.checkpoints), settings.postgres);
    request_.event_ids = full_ids(given, sources);
    return resume(settings, console);
  }

 private:
  ExitCode resume(const Settings& settings, Console& console) const {
    Table table{{"run", "outcome", "detail"}, {}, 0};
    ExitCode code = ExitCode::kDone;
    const std::vector<RunChange> changes = resume_runs(address_of(settings, kLongAnswer), request_);
    for (const RunChange& change : changes) {
      table.rows.push_back({change.run_id, change.outcome, cell_of(change.detail)});
      if (change.kind == RunChange::Kind::kNotFound) code = ExitCode::kNotFound;
      if (change.kind == RunChange::Kind::kRefused && code == ExitCode::kDone) code = ExitCode::kRefused;
    }
    print_table(console.out, table, settings.output);
    for (const std::string& sentence :
         who_will_run_each(settings.postgres, workflows_going_on(settings.postgres, changes)))
      console.err << sentence << '\n';
    return code;
  }

  BulkOptions bulk_;
  std::vector<std::string> ids_;
  storage::ResumeRequest request_;
};

}  // namespace

std::unique_ptr<Verb> make_resume(CLI::App& command) { return std::make_unique<ResumeVerb>(command); }

}  // namespace pawl::bin
