// Lists runs as the checkpoints know them.
#include "bin/commands/inspect/runs.h"

#include <CLI/CLI.hpp>
#include <cstdint>
#include <limits>

#include "bin/operations/batches.h"
#include "bin/operations/run_ids.h"
#include "bin/settings/duration.h"
#include "engine/authoring/errors.h"
#include "storage/checkpoints/reader.h"

namespace pawl::bin {

namespace {

class RunsVerb final : public Verb {
 public:
  explicit RunsVerb(CLI::App& command) {
    command.add_option("--status", filter_.status, "Only runs in this state")
        ->check(CLI::IsMember({"running", "waiting", "done", "failed", "superseded"}));
    command.add_option("--since", since_, "Only runs that ended within this time, like 1h, or have not ended");
    command.add_option("--event", event_,
                       "Only the runs of this event, by its id, its beginning or its end, or EVENT/WORKFLOW");
    command.add_option("--connection", filter_.aggregate_id, "Only runs about this connection");
    limit_ =
        command.add_option("--limit", filter_.limit, "At most so many, newest first; default 100, all with -o ids")
            ->check(CLI::Range(1, 1'000'000));
  }

  ExitCode run(const Settings& settings, Console& console) override {
    if (!since_.empty()) filter_.since_seconds = whole_seconds(parse_duration(since_));
    const storage::CheckpointReader reader(checkpoints_path(settings.checkpoints));
    if (!event_.empty()) filter_by(resolve_runs(reader, expand_ids({event_}, console.in).front()));
    if (settings.output == OutputFormat::kIds && limit_->count() == 0) filter_.limit = kAll;
    Table table{{"run", "status", "started", "ended", "workflow", "event", "connection", "reason"}, {}, 0};
    std::vector<storage::RunSummary> runs = reader.runs(filter_);
    if (settings.output != OutputFormat::kIds) tell_owed(runs, settings);
    for (const storage::RunSummary& run : runs)
      table.rows.push_back({run.run_id, run.status, run.started_at, run.ended_at, run.workflow, run.event_id,
                            run.aggregate_id, run.reason});
    print_table(console.out, table, settings.output);
    if (table.rows.size() == filter_.limit) tell_left_out(reader.count(filter_), console);
    return ExitCode::kDone;
  }

 private:
  static constexpr std::size_t kAll = std::numeric_limits<std::int64_t>::max();

  // An event has one run in each workflow.
  void filter_by(const std::vector<engine::RunName>& runs) {
    filter_.event_id = runs.front().event_id;
    if (runs.size() == 1) filter_.workflow = runs.front().workflow;
  }

  // A failed run that is about to be resumed says so. The checkpoints are worth listing though Postgres cannot be
  // asked.
  static void tell_owed(std::vector<storage::RunSummary>& runs, const Settings& settings) try {
    std::vector<std::string> failed;
    for (const storage::RunSummary& run : runs)
      if (run.status == "failed" && is_full_id(run.run_id)) failed.push_back(run.run_id);
    if (failed.empty()) return;
    const auto owed = owed_to(settings.postgres, failed);
    for (storage::RunSummary& run : runs)
      if (const auto found = owed.find(run.run_id); found != owed.end())
        run.reason = run.reason.insert(0, found->second + ": ");
  } catch (const engine::Error&) {
  }

  void tell_left_out(std::size_t found, Console& console) const {
    if (found > filter_.limit)
      console.err << "pawl: " << found - filter_.limit << " of " << found
                  << " runs were left out, the oldest; --limit takes another number, -o ids gives all\n";
  }

  CLI::Option* limit_ = nullptr;
  storage::RunFilter filter_;
  std::string event_;
  std::string since_;
};

}  // namespace

std::unique_ptr<Verb> make_runs(CLI::App& command) { return std::make_unique<RunsVerb>(command); }

}  // namespace pawl::bin
