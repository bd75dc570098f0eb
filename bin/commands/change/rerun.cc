// One run at a time, with a reason.
#include "bin/commands/change/rerun.h"

#include <CLI/CLI.hpp>

#include "bin/commands/verb/one_shot.h"
#include "bin/operations/changes/run_changes.h"
#include "bin/operations/runs/command_error.h"
#include "bin/operations/runs/fleet.h"
#include "bin/operations/runs/run_ids.h"
#include "bin/output/table.h"
#include "bin/settings/requester.h"

namespace pawl::bin {

namespace {

class RerunVerb final : public Verb {
 public:
  explicit RerunVerb(CLI::App& command) {
    command.add_option("RUN", id_, "Id of the run or event, its beginning or end, or EVENT/WORKFLOW")->required();
    command.add_option("--from", rerun_.from_step,
                       "The step to begin at, like send-email: what began no later is taken over; without it "
                       "the run begins at its beginning");
    command.add_flag("--resend", rerun_.resend,
                     "Do again what was done: without it nobody is told twice, since effects keep their keys");
    command.add_option("--reason", rerun_.reason, "Why, for the audit trail")->required();
  }

  ExitCode run(const Settings& settings, Console& console) override {
    if (rerun_.reason.find_first_not_of(" \t") == std::string::npos)
      throw UsageError("rerun needs a --reason, for whoever looks at it later");
    const GivenRuns given = expand_id(id_, console.in);
    await_migrated_postgres(settings, console);
    const std::string checkpoints = checkpoints_path(settings.checkpoints);
    RunSources sources(checkpoints, settings.postgres);
    rerun_.id = full_ids({given}, sources).front();
    rerun_.requested_by = requester();
    const RunChange change = rerun(address_of(settings), checkpoints, rerun_);
    const bool done = change.kind == RunChange::Kind::kDone;
    Table table{{"run", "outcome", "parent", "detail"}, {}, 0};
    table.rows.push_back({done ? Table::Cell(change.detail) : std::nullopt, change.outcome, change.run_id,
                          done ? Table::Cell() : Table::Cell(change.detail)});
    print_table(console.out, table, settings.output);
    return done ? ExitCode::kDone : ExitCode::kRefused;
  }

 private:
  std::string id_;
  Rerun rerun_;
};

}  // namespace

std::unique_ptr<Verb> make_rerun(CLI::App& command) { return std::make_unique<RerunVerb>(command); }

}  // namespace pawl::bin
