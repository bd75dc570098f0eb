// Asks the file, and Postgres for what the file lacks.
#include "bin/operations/runs/listing.h"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <set>

#include "bin/operations/runs/query_text.h"
#include "engine/authoring/errors.h"
#include "storage/outbox/fleet/runs.h"

namespace pawl::bin {

namespace {

bool is_word_of_postgres(const std::string& status) {
  constexpr std::array kWords{"pending", "leased", "dismissed"};
  return std::ranges::find(kWords, status) != kWords.end();
}

/// One host's file has a part of the answer only.
bool is_about_somebody(const storage::RunFilter& filter) {
  return !filter.aggregate_id.empty() || !filter.tenant.empty() || !filter.event_id.empty() || filter.run_ids;
}

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

std::vector<ListedRun> runs_here(const storage::CheckpointReader& reader, const storage::RunFilter& filter) {
  std::vector<ListedRun> runs;
  for (const storage::RunSummary& run : reader.runs(filter))
    runs.push_back({run.run_id, run.status, run.started_at, run.ended_at, run.workflow, run.event_id, run.aggregate_id,
                    run.reason});
  return runs;
}

void tell_changes(RunSources& sources, std::vector<ListedRun>& runs) {
  std::map<std::string, std::string> status_by_run;
  for (const ListedRun& run : runs) status_by_run.emplace(run.run_id, run.status);
  const auto changed = sources.changed_since(status_by_run);
  for (ListedRun& run : runs)
    if (const auto found = changed.find(run.run_id); found != changed.end()) {
      run.status = found->second.status;
      run.ended_at = found->second.finished_at;
      run.reason = found->second.reason;
    }
}

// Reads on for as many as have another status now; those behind the limit are counted as the file has them, up to a
// number that a person cannot tell from more.
RunListing list_here(RunSources& sources, const ListQuestion& question) {
  const storage::CheckpointReader& reader = *sources.checkpoints();
  storage::RunFilter filter = question.filter;
  const std::string& status = filter.status;
  RunListing listing;
  std::size_t read = 0, others = 0;
  for (;; filter.limit *= 4) {
    listing.runs = runs_here(reader, filter);
    read = listing.runs.size();
    if (!question.ids_alone || !status.empty()) tell_changes(sources, listing.runs);
    others = std::erase_if(listing.runs, [&](const ListedRun& run) { return !status.empty() && run.status != status; });
    if (read < filter.limit || listing.runs.size() >= question.filter.limit) break;
  }
  listing.found = read - others;
  if (read == filter.limit) {
    const std::size_t most = filter.limit + storage::kCountedMax;
    const std::size_t all = reader.count(filter, most);
    listing.is_more = all == most;
    listing.found = std::max(read, all) - others;
  }
  if (listing.runs.size() > question.filter.limit) listing.runs.resize(question.filter.limit);
  listing.postgres_error = sources.postgres_error();
  return listing;
}

std::vector<ListedRun> runs_of_fleet(storage::PostgresConnection& connection, const storage::RunFilter& filter) {
  std::vector<ListedRun> runs;
  for (const storage::FleetRun& run : storage::list_fleet_runs(connection, fleet_filter(filter)))
    runs.push_back({run.run_id, run.status, run.created_at, run.finished_at, run.workflow, run.event_id,
                    run.aggregate_id, run.reason, run.host});
  return runs;
}

// Whatever the filter says of them: a run that moves here is leased there.
std::set<std::string> known_here(const storage::CheckpointReader& reader, const std::vector<ListedRun>& runs) {
  storage::RunFilter these;
  these.limit = runs.size();
  these.run_ids.emplace();
  for (const ListedRun& run : runs) these.run_ids->push_back(run.run_id);
  std::set<std::string> known;
  for (const storage::RunSummary& run : reader.runs(these)) known.insert(run.run_id);
  return known;
}

void add_elsewhere(const storage::CheckpointReader& reader, storage::PostgresConnection& connection,
                   const storage::RunFilter& filter, RunListing& listing) {
  storage::RunFilter one_more = filter;
  ++one_more.limit;
  std::vector<ListedRun> fleet = runs_of_fleet(connection, one_more);
  listing.is_more = listing.is_more || fleet.size() > filter.limit;
  const std::set<std::string> known = known_here(reader, fleet);
  std::erase_if(fleet, [&](const ListedRun& run) { return known.contains(run.run_id); });
  for (ListedRun& run : fleet) run.elsewhere = true;
  listing.found += fleet.size();
  listing.runs.insert(listing.runs.end(), fleet.begin(), fleet.end());
  std::ranges::stable_sort(listing.runs, std::greater{}, &ListedRun::started_at);
  if (listing.runs.size() > filter.limit) listing.runs.resize(filter.limit);
}

RunListing list_fleet(RunSources& sources, const storage::RunFilter& filter) {
  storage::PostgresConnection* const postgres = sources.postgres();
  if (!postgres)
    throw engine::UnavailableError("list runs: there is no checkpoint file " + sources.path() +
                                   ", and Postgres could not be asked: " + sources.postgres_error());
  RunListing listing;
  listing.runs = runs_of_fleet(*postgres, filter);
  listing.from_postgres_alone = true;
  listing.found = listing.runs.size();
  if (listing.found == filter.limit) listing.found = storage::count_fleet_runs(*postgres, fleet_filter(filter));
  listing.is_more = listing.found >= filter.limit + storage::kCountedMax;
  return listing;
}

bool asks_postgres_alone(RunSources& sources, const ListQuestion& question) {
  return question.of_fleet || is_word_of_postgres(question.filter.status) || !sources.checkpoints();
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
  if (filter.until_seconds > 0) query.where("ended_at < " + ago(filter.until_seconds));
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
  if (filter.until_seconds > 0) query.where("finished_at < " + seconds_ago(filter.until_seconds));
  if (filter.run_ids) query.where(filter.run_ids->empty() ? "false" : "true").one_of("run_id", *filter.run_ids);
  return query.text("order by run_id desc limit " + std::to_string(filter.limit));
}

}  // namespace

RunListing list_runs(RunSources& sources, const ListQuestion& question) {
  if (asks_postgres_alone(sources, question)) return list_fleet(sources, question.filter);
  RunListing listing = list_here(sources, question);
  if (!is_about_somebody(question.filter)) return listing;
  if (storage::PostgresConnection* const postgres = sources.postgres())
    add_elsewhere(*sources.checkpoints(), *postgres, question.filter, listing);
  else
    listing.postgres_error = sources.postgres_error();
  return listing;
}

std::string listing_sql(RunSources& sources, const ListQuestion& question) {
  const storage::RunFilter& filter = question.filter;
  const bool only_there = !filter.tenant.empty() || filter.run_ids;  // no view of the checkpoints has them
  return only_there || asks_postgres_alone(sources, question) ? query_of(fleet_filter(filter)) : query_of(filter);
}

}  // namespace pawl::bin
