// Lists runs as the checkpoints know them.
#include "bin/command_runs.h"

#include <CLI/CLI.hpp>

#include "bin/duration.h"
#include "bin/run_ids.h"
#include "storage/checkpoint_reader.h"

namespace pawl::bin {

namespace {

class RunsVerb final : public Verb {
 public:
  explicit RunsVerb(CLI::App& command) {
    command.add_option("--status", filter_.status, "Only runs in this state")
        ->check(CLI::IsMember({"running", "waiting", "done", "failed", "superseded"}));
    command.add_option("--since", since_, "Only runs started within this time, like 1h");
    command.add_option("--event", filter_.event_id, "Only the run of this event");
    command.add_option("--connection", filter_.aggregate_id, "Only runs about this connection");
    command.add_option("--limit", filter_.limit, "At most so many, newest first; default 100")
        ->check(CLI::Range(1, 1'000'000));
  }

  ExitCode run(const Settings& settings, Console& console) override {
    if (!since_.empty()) filter_.since_seconds = whole_seconds(parse_duration(since_));
    const storage::CheckpointReader reader(checkpoints_path(settings.checkpoints));
    Table table{{"run", "status", "started", "ended", "workflow", "connection", "reason"}, {}, 0};
    for (const storage::RunSummary& run : reader.runs(filter_))
      table.rows.push_back(
          {run.run_id, run.status, run.started_at, run.ended_at, run.workflow, run.aggregate_id, run.reason});
    print_table(console.out, table, settings.output);
    return ExitCode::kDone;
  }

 private:
  storage::RunFilter filter_;
  std::string since_;
};

}  // namespace

std::unique_ptr<Verb> make_runs(CLI::App& command) { return std::make_unique<RunsVerb>(command); }

}  // namespace pawl::bin
