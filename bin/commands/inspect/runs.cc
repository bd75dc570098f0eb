// Lists runs as the checkpoints know them.
#include "bin/commands/inspect/runs.h"

#include <CLI/CLI.hpp>
#include <cstdint>
#include <limits>

#include "bin/commands/verb/one_shot.h"
#include "bin/operations/changes/batches.h"
#include "bin/operations/runs/command_error.h"
#include "bin/operations/runs/fleet.h"
#include "bin/operations/runs/query_text.h"
#include "bin/operations/runs/run_ids.h"
#include "bin/output/terminal_table.h"
#include "bin/settings/duration.h"
#include "engine/authoring/errors.h"
#include "storage/checkpoints/reader.h"
#include "storage/outbox/fleet/runs.h"
#include "storage/outbox/operators/run_history.h"
#include "workflows/text/ascii.h"

namespace pawl::bin {

namespace {

// The words of the checkpoints for what Postgres calls otherwise; it does not tell what a worker's run is doing.
storage::FleetRunFilter fleet_filter(const storage::RunFilter& filter) {
  storage::FleetRunFilter fleet{.statuses = {},
                                .since_seconds = filter.since_seconds,
                                .until_seconds = filter.until_seconds,
                                .event_id = filter.event_id,
                                .aggregate_id = filter.aggregate_id,
                                .workflow = filter.workflow,
                                .tenant = filter.tenant,
                                .run_ids = filter.run_ids,
                                .limit = filter.limit};
  if (filter.status == "running" || filter.status == "waiting")
    fleet.statuses = {"leased", "pending"};
  else if (!filter.status.empty())
    fleet.statuses = {filter.status};
  return fleet;
}

std::string seconds_ago(long seconds) { return "now() - interval '" + std::to_string(seconds) + " s'"; }

/// On the checkpoints; whose events they are is in no view of theirs.
std::string query_of(const storage::RunFilter& filter) {
  QueryText query("run_id, status, started_at, ended_at, workflow, event_id, aggregate_id, reason", "v1_runs");
  query.equals("status", filter.status).equals("event_id", filter.event_id);
  query.equals("aggregate_id", filter.aggregate_id).equals("workflow", filter.workflow);
  const auto ago = [](long seconds) {
    return "strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-" + std::to_string(seconds) + " seconds')";
  };
  if (filter.since_seconds > 0) query.where("(ended_at is null or ended_at > " + ago(filter.since_seconds) + ")");
  if (filter.until_seconds > 0) query.where("started_at < " + ago(filter.until_seconds));
  if (filter.run_ids) query.where(filter.run_ids->empty() ? "false" : "true").one_of("run_id", *filter.run_ids);
  return query.text("order by number desc limit " + std::to_string(filter.limit));
}

/// On Postgres.
std::string query_of(const storage::FleetRunFilter& filter) {
  QueryText query("run_id, status, created_at, finished_at, workflow, event_id, aggregateid, reason", "pawl.v1_events");
  query.one_of("status", filter.statuses).equals("event_id", filter.event_id);
  query.equals("aggregateid", filter.aggregate_id).equals("workflow", filter.workflow);
  query.equals("headers->>'tenant'", filter.tenant);
  if (filter.since_seconds > 0)
    query.where("(finished_at is null or finished_at > " + seconds_ago(filter.since_seconds) + ")");
  if (filter.until_seconds > 0) query.where("created_at < " + seconds_ago(filter.until_seconds));
  if (filter.run_ids) query.where(filter.run_ids->empty() ? "false" : "true").one_of("run_id", *filter.run_ids);
  return query.text("order by run_id desc limit " + std::to_string(filter.limit));
}

Table fleet_table(const std::vector<storage::FleetRun>& runs) {
  Table table{{"run", "status", "started", "ended", "workflow", "event", "about", "reason", "host"}, {}, 0};
  for (const storage::FleetRun& run : runs)
    table.rows.push_back({run.run_id, run.status, run.created_at, run.finished_at, run.workflow, run.event_id,
                          run.aggregate_id, run.reason, run.host});
  return table;
}

class RunsVerb final : public Verb {
 public:
  explicit RunsVerb(CLI::App& command) {
    command.add_option("--status", filter_.status, "Only runs in this state")
        ->check(CLI::IsMember({"running", "waiting", "done", "failed", "cancelled", "superseded"}));
    command.add_option("--since", since_, "Only runs that ended within this time, like 1h, or have not ended");
    command.add_option("--event", event_,
                       "Only the runs of this event, by its id, its beginning or its end, or EVENT/WORKFLOW");
    command.add_option("--connection,--about", filter_.aggregate_id,
                       "Only runs about this connection, or whatever their events are about");
    command.add_option("--workflow", filter_.workflow, "Only runs of this workflow");
    command.add_option("--org", filter_.tenant, "Only runs of this organisation's events, by its id");
    command.add_option("--until", until_, "Only runs that started before this time ago, like 1h");
    command.add_option("--user", told_.user_id, "Only runs that notified or mailed this user, by id; asks Postgres");
    command.add_option("--email", told_.email, "Only runs that mailed this address; asks Postgres");
    command.add_flag("--fleet", fleet_, "The runs of all workers, as Postgres has them");
    command.add_flag("--sql", sql_, "Print the query behind the list, for `pawl sql` or psql, and not the list");
    limit_ =
        command.add_option("--limit", filter_.limit, "At most so many, newest first; default 100, all with -o ids")
            ->check(CLI::Range(1, 1'000'000));
  }

  ExitCode run(const Settings& settings, Console& console) override {
    if (!since_.empty()) filter_.since_seconds = whole_seconds(parse_duration(since_));
    if (!until_.empty()) filter_.until_seconds = whole_seconds(parse_duration(until_));
    RunSources sources(checkpoints_path(settings.checkpoints), settings.postgres);
    const storage::CheckpointReader* const here = fleet_ ? nullptr : sources.checkpoints();
    bool in_fleet = !here;
    filter_by_people(settings, console);
    if (!event_.empty()) {
      const ResolvedRuns resolved = sources.resolve(expand_ids({event_}, console.in).front());
      in_fleet = in_fleet || resolved.in_fleet;
      filter_by(resolved.runs);
    }
    if (sql_) {
      console.out << (in_fleet || !filter_.tenant.empty() ? query_of(fleet_filter(filter_)) : query_of(filter_));
      return ExitCode::kDone;
    }
    if (in_fleet) return list_fleet(sources, settings, console);
    const storage::CheckpointReader& reader = *here;
    if (const auto warning = nobody_works_warning(reader, sources.path())) console.err << "pawl: " << *warning << '\n';
    if (settings.output == OutputFormat::kIds && limit_->count() == 0) filter_.limit = kAll;
    Table table{{"run", "status", "started", "ended", "workflow", "event", "about", "reason"}, {}, 0};
    std::vector<storage::RunSummary> runs = reader.runs(filter_);
    if (settings.output != OutputFormat::kIds) tell_owed(runs, settings);
    for (const storage::RunSummary& run : runs)
      table.rows.push_back({run.run_id, run.status, run.started_at, run.ended_at, run.workflow, run.event_id,
                            run.aggregate_id, run.reason});
    if (settings.output == OutputFormat::kTable)
      print_for_people(console, table);
    else
      print_table(console.out, table, settings.output);
    if (table.rows.size() == filter_.limit) tell_left_out(reader.count(filter_), console);
    return ExitCode::kDone;
  }

 private:
  static constexpr std::size_t kAll = std::numeric_limits<std::int64_t>::max();

  ExitCode list_fleet(RunSources& sources, const Settings& settings, Console& console) {
    storage::PostgresConnection* const postgres = sources.postgres();
    if (!postgres)
      throw engine::UnavailableError("list runs: there is no checkpoint file " + sources.path() +
                                     ", and Postgres could not be asked: " + sources.postgres_error());
    console.err << "pawl: from Postgres, where a run that a worker has is `leased`: "
                << (fleet_ ? "asked for by --fleet" : "the checkpoint file " + sources.path() + " does not know")
                << '\n';
    if (settings.output == OutputFormat::kIds && limit_->count() == 0) filter_.limit = kAll;
    print_table(console.out, fleet_table(storage::list_fleet_runs(*postgres, fleet_filter(filter_))), settings.output);
    return ExitCode::kDone;
  }

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
    const auto owed = owed_to(address_of(settings), failed);
    for (storage::RunSummary& run : runs)
      if (const auto found = owed.find(run.run_id); found != owed.end())
        run.reason = run.reason.insert(0, found->second + ": ");
  } catch (const engine::Error&) {
  }

  // Who was told is in Postgres alone.
  void filter_by_people(const Settings& settings, Console& console) {
    if (told_.user_id.empty() && told_.email.empty()) return;
    told_.user_id = text::lower_cased(told_.user_id);
    if (!told_.user_id.empty() && !is_full_id(told_.user_id))
      throw UsageError("--user takes a full user id, as `pawl show` gives it, not '" + told_.user_id +
                       "'; --email takes an address");
    told_.since_seconds = filter_.since_seconds;
    await_migrated_postgres(settings, console);
    filter_.run_ids = storage::runs_that_told(address_of(settings), told_);
  }

  void tell_left_out(std::size_t found, Console& console) const {
    if (found > filter_.limit)
      console.err << "pawl: " << found - filter_.limit << " of " << found
                  << " runs were left out, the oldest; --limit takes another number, -o ids gives all\n";
  }

  CLI::Option* limit_ = nullptr;
  storage::RunFilter filter_;
  bool fleet_ = false;
  bool sql_ = false;
  std::string event_;
  std::string since_;
  std::string until_;
  storage::ToldQuestion told_;
};

}  // namespace

std::unique_ptr<Verb> make_runs(CLI::App& command) { return std::make_unique<RunsVerb>(command); }

}  // namespace pawl::bin
