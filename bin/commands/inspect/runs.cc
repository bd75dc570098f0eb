// Lists runs, and says where that comes from.
#include "bin/commands/inspect/runs.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "bin/commands/verb/bulk_filter.h"
#include "bin/commands/verb/list_limit.h"
#include "bin/commands/verb/one_shot.h"
#include "bin/operations/changes/batches.h"
#include "bin/operations/changes/bulk.h"
#include "bin/operations/runs/command_error.h"
#include "bin/operations/runs/listing.h"
#include "bin/operations/runs/run_ids.h"
#include "bin/output/groups_text.h"
#include "bin/output/redact.h"
#include "bin/output/terminal_table.h"
#include "bin/settings/duration.h"
#include "storage/outbox/operators/run_history.h"

namespace pawl::bin {

namespace {

Table table_of(const RunListing& listing) {
  Table table{{"run", "status", "started", "ended", "workflow", "event", "about", "reason"}, {}, 0};
  if (listing.from_postgres_alone) table.columns.push_back("host");
  for (const ListedRun& run : listing.runs) {
    table.rows.push_back({run.run_id, run.status, run.started_at, cell_of(run.ended_at), cell_of(run.workflow),
                          run.event_id, cell_of(run.aggregate_id), cell_of(run.reason)});
    if (listing.from_postgres_alone) table.rows.back().push_back(cell_of(run.host));
  }
  return table;
}

class RunsVerb final : public Verb {
 public:
  explicit RunsVerb(CLI::App& command) {
    command
        .add_option("--status", filter_.status,
                    "Only runs in this state; of pending, leased and dismissed Postgres knows alone")
        ->check(CLI::IsMember(
            {"running", "waiting", "done", "failed", "cancelled", "superseded", "pending", "leased", "dismissed"}));
    command.add_option("--since", since_,
                       "Only runs that ended since then, or have not ended: " + std::string(kPastTimes));
    command.add_option("--event", event_,
                       "Only the runs of this event, by its id, its beginning or its end, or EVENT/WORKFLOW");
    command.add_option("--connection,--about", filter_.aggregate_id,
                       "Only runs about this connection, or whatever their events are about");
    command.add_option("--workflow", filter_.workflow, "Only runs of this workflow");
    command.add_option("--org", filter_.tenant, "Only runs of this organisation's events, by its id");
    command.add_option("--until", until_, "Only runs that ended before: " + std::string(kPastTimes));
    command.add_option("--user", user_,
                       "Only runs that notified or mailed this user, by id, or mailed this address; asks Postgres");
    command.add_option("--email", email_, "Only runs that mailed this address; asks Postgres");
    command.add_flag("--fleet", fleet_, "The runs of all workers, as Postgres has them");
    command.add_flag(
        "--group", group_,
        "Not a list, but what has failed and was not resolved, by workflow, step and reason; asks Postgres");
    command.add_flag("--sql", sql_, "Print the query behind the list, for `pawl sql` or psql, and not the list");
    limit_ =
        command.add_option("--limit", filter_.limit, "At most so many, newest first; default 100, all with -o ids")
            ->check(CLI::Range(1, 1'000'000));
  }

  ExitCode run(const Settings& settings, Console& console) override {
    if (group_) return print_failures(settings, console);
    if (!since_.empty()) filter_.since_seconds = parse_ago("--since", since_);
    if (!until_.empty()) filter_.until_seconds = parse_ago("--until", until_);
    require_order(since_, until_);
    RunSources sources(checkpoints_path(settings.checkpoints), settings.postgres);
    filter_by_people(settings, console);
    if (!event_.empty()) {
      const GivenRuns given = expand_id(event_, console.in);
      filter_by(given, sources.resolve(given).runs.front());
    }
    if (sql_) {
      console.out << listing_sql(sources, {filter_, fleet_});
      return ExitCode::kDone;
    }
    lift_limit_for_ids(settings.output, *limit_, filter_.limit);
    RunListing listing = list_runs(sources, {filter_, fleet_, settings.output == OutputFormat::kIds});
    tell_sources(sources, listing, console);
    if (settings.output != OutputFormat::kIds) tell_owed(listing.runs, settings);
    print_for_people(console, table_of(listing), settings.output);
    tell_left_out(listing, console);
    return ExitCode::kDone;
  }

 private:
  // As `resume` previews them.
  ExitCode print_failures(const Settings& settings, Console& console) const {
    require_groupable(settings);
    const BulkFilter filter = bulk_filter({.since = {},
                                           .until = {},
                                           .workflow = filter_.workflow,
                                           .step = "",
                                           .error_like = "",
                                           .connection = filter_.aggregate_id,
                                           .org = filter_.tenant,
                                           .user = asked_user()},
                                          since_, until_);
    if (sql_) {
      console.out << preview_sql("resume", filter);
      return ExitCode::kDone;
    }
    await_migrated_postgres(settings, console);
    print_groups(console.out, "", preview_bulk(address_of(settings), "resume", filter), settings.output);
    return ExitCode::kDone;
  }

  void require_groupable(const Settings& settings) const {
    if (!(filter_.status.empty() || filter_.status == "failed") || !event_.empty())
      throw UsageError("runs --group is about what has failed: it goes without another --status, and without --event");
    if (fleet_ || limit_->count() > 0)
      throw UsageError("runs --group counts all failures in Postgres: it goes without --fleet and --limit");
    if (settings.output == OutputFormat::kIds)
      throw UsageError("runs --group lists groups, which have no ids: it goes without -o ids");
  }

  // A full id or an address; empty: anybody.
  std::string asked_user() const {
    if (!user_.empty() && !email_.empty()) throw UsageError("runs takes either --user or --email, not both");
    if (!email_.empty() && !is_address(email_))
      throw UsageError("--email takes an address, not '" + email_ + "'; --user takes a user's full id");
    return checked_user(user_.empty() ? email_ : user_);
  }

  void tell_sources(RunSources& sources, const RunListing& listing, Console& console) const {
    if (!listing.from_postgres_alone) warn_if_nobody_works(*sources.checkpoints(), sources.path(), console);
    if (listing.from_postgres_alone)
      console.note() << "from Postgres, where a run that a worker has is `leased`: "
                     << (sources.checkpoints() ? "so it was asked for"
                                               : "the checkpoint file " + sources.path() + " does not exist")
                     << '\n';
    const auto elsewhere = std::ranges::count(listing.runs, true, &ListedRun::elsewhere);
    if (elsewhere > 0)
      console.note() << elsewhere << " of these are not in this host's checkpoints, and listed as "
                     << "Postgres has them; --fleet names their hosts\n";
    if (!listing.postgres_error.empty())
      console.note() << "from the checkpoints of this host alone, since Postgres could not be asked: "
                     << redacted(listing.postgres_error, *console.secrets) << '\n';
  }

  // An event has one run in each workflow; EVENT/WORKFLOW and the id of a further run mean one of them.
  void filter_by(const GivenRuns& given, const engine::RunName& found) {
    filter_.event_id = found.event_id;
    if (given.workflow.empty() && begins_or_ends(found.event_id, given.id)) return;
    if (filter_.workflow.empty()) filter_.workflow = found.workflow;
    if (filter_.workflow != found.workflow) filter_.run_ids.emplace();  // none is of both
  }

  // A failed run that is about to be resumed says so.
  static void tell_owed(std::vector<ListedRun>& runs, const Settings& settings) {
    std::vector<std::string> failed;
    for (const ListedRun& run : runs)
      if (run.status == "failed") failed.push_back(run.run_id);
    const auto owed = owed_if_known(address_of(settings), failed);
    for (ListedRun& run : runs)
      if (const auto found = owed.find(run.run_id); found != owed.end()) run.reason.insert(0, found->second + ": ");
  }

  // Who was told is in Postgres alone.
  void filter_by_people(const Settings& settings, Console& console) {
    const std::string who = asked_user();
    if (who.empty()) return;
    storage::NotifiedQuestion notified{.user_id = {}, .email = {}, .since_seconds = filter_.since_seconds};
    (is_address(who) ? notified.email : notified.user_id) = who;
    await_migrated_postgres(settings, console);
    filter_.run_ids = storage::runs_that_notified(address_of(settings), notified);
  }

  static void tell_left_out(const RunListing& listing, Console& console) {
    const std::size_t shown = listing.runs.size();
    if (listing.found == shown && listing.is_more) tell_may_be_more(shown, console);
    if (listing.found > shown)
      console.note() << listing.found - shown << " of " << listing.found << (listing.is_more ? " or more" : "")
                     << " runs were left out, the oldest; --limit takes another number, -o ids gives all\n";
  }

  CLI::Option* limit_ = nullptr;
  storage::RunFilter filter_;
  bool fleet_ = false;
  bool sql_ = false;
  bool group_ = false;
  std::string event_;
  std::string since_;
  std::string until_;
  std::string user_;
  std::string email_;
};

}  // namespace

std::unique_ptr<Verb> make_runs(CLI::App& command) { return std::make_unique<RunsVerb>(command); }

}  // namespace pawl::bin
