// Looks in the file first, then in Postgres.
#include "bin/operations/runs/fleet.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include "bin/operations/runs/command_error.h"
#include "engine/authoring/errors.h"
#include "storage/outbox/fleet/fleet.h"
#include "storage/postgres/conninfo.h"
#include "storage/sqlite/lock.h"

namespace pawl::bin {

namespace {

constexpr std::chrono::seconds kAnswerWithin{4};
constexpr const char* kConnectWithin = "3";
constexpr const char* kFailed = "failed";

}  // namespace

storage::PostgresAddress with_short_answers(const std::string& conninfo) {
  storage::Keywords keywords = storage::conninfo_keywords(conninfo);
  const bool says_itself =
      std::ranges::any_of(keywords, [](const auto& keyword) { return keyword.first == "connect_timeout"; });
  if (!says_itself) keywords.emplace_back("connect_timeout", kConnectWithin);
  return {storage::conninfo_of(keywords), kAnswerWithin};
}

const storage::CheckpointReader* RunSources::checkpoints() {
  if (std::exchange(looked_for_file_, true)) return reader_.get();
  std::error_code hidden;  // from this user: the reader says so
  if (std::filesystem::status(path_, hidden).type() != std::filesystem::file_type::not_found)
    reader_ = std::make_unique<storage::CheckpointReader>(path_);
  return reader_.get();
}

storage::PostgresConnection* RunSources::postgres() {
  if (std::exchange(asked_postgres_, true)) return connection_.get();
  try {
    auto connection = std::make_unique<storage::PostgresConnection>(with_short_answers(conninfo_));
    if (!connection->run("look for the schema", "select to_regclass('pawl.v1_waiting') is not null", {}).boolean(0, 0))
      throw engine::RefusedError("the database is not migrated, or by an older build; run `pawl migrate`");
    connection_ = std::move(connection);
  } catch (const engine::Error& error) {
    postgres_error_ = error.what();
  }
  return connection_.get();
}

ResolvedRuns RunSources::resolve(const GivenRuns& given) {
  std::string not_here = "there is no checkpoint file " + path_;
  if (const auto* reader = checkpoints()) {
    try {
      return {resolve_runs(*reader, given), false};
    } catch (const NotFoundError& error) {
      not_here = error.what();
      if (!reader->runs_like(given.id, 1).empty() && given.workflow.empty()) throw;  // several are meant
    }
  }
  storage::PostgresConnection* const connection = postgres();
  if (!connection)
    throw engine::UnavailableError(not_here + "\nPostgres could not be asked for it: " + postgres_error_);
  const auto candidates = storage::fleet_runs_like(*connection, given.id, kRunsLookedAt);
  if (candidates.empty()) throw NotFoundError(not_here + "\nPostgres knows none either");
  return {resolve_runs(candidates, given), true};
}

std::vector<engine::RunName> RunSources::resolve_in_both(const GivenRuns& given) {
  if (!postgres())
    throw engine::UnavailableError("look up " + given.text() + ": Postgres could not be asked: " + postgres_error_);
  const storage::CheckpointReader* const reader = checkpoints();
  if (!reader) return resolve(given).runs;
  std::vector<engine::RunName> candidates = reader->runs_like(given.id, kRunsLookedAt);
  std::set<std::string> here;
  for (const engine::RunName& run : candidates) here.insert(run.run_id);
  for (engine::RunName& run : storage::fleet_runs_like(*postgres(), given.id, kRunsLookedAt))
    if (!here.contains(run.run_id)) candidates.push_back(std::move(run));
  if (candidates.empty()) return resolve(given).runs;  // which says where it was looked for
  return resolve_runs(candidates, given);
}

std::map<std::string, storage::FleetRun> RunSources::changed_since(
    const std::map<std::string, std::string>& status_by_run) try {
  storage::FleetRunFilter these;
  these.run_ids.emplace();
  for (const auto& [run, status] : status_by_run)
    if (is_full_id(run) && (status == kFailed || status == "running" || status == "waiting"))
      these.run_ids->push_back(run);
  these.limit = these.run_ids->size();
  std::map<std::string, storage::FleetRun> changed;
  if (these.limit == 0 || !postgres()) return changed;
  for (storage::FleetRun& run : storage::list_fleet_runs(*postgres(), these)) {
    const bool failed_here = status_by_run.at(run.run_id) == kFailed;
    if (failed_here ? run.status != kFailed : !run.finished_at.empty()) changed.emplace(run.run_id, std::move(run));
  }
  return changed;
} catch (const engine::Error& error) {
  postgres_error_ = error.what();
  return {};
}

std::vector<GivenRuns> full_runs(const std::vector<GivenRuns>& given, RunSources& sources) {
  std::vector<GivenRuns> full;
  for (const GivenRuns& runs : given) {
    if (is_full_id(runs.id)) {
      full.push_back(runs);
      continue;
    }
    const engine::RunName run = sources.resolve_in_both(runs).front();  // all are of one event
    full.push_back(begins_or_ends(run.event_id, runs.id) ? GivenRuns{run.event_id, runs.workflow}
                                                         : GivenRuns{run.run_id, ""});
  }
  return full;
}

std::vector<std::string> full_ids(const std::vector<GivenRuns>& given, RunSources& sources) {
  std::vector<std::string> ids;
  for (const GivenRuns& runs : full_runs(given, sources)) ids.push_back(runs.text());
  return ids;
}

WhoRuns who_will_run(const std::string& conninfo, const std::string& workflow) {
  storage::PostgresConnection connection(with_short_answers(conninfo));
  storage::Fleet fleet;
  fleet.stores = storage::read_stores(connection);
  if (!fleet.any_lives()) return {false, "no worker lives, so nobody takes it up: start one with `pawl worker`"};
  if (!workflow.empty() && !fleet.runs(workflow))
    return {false, "no living worker runs " + workflow + ": start one with --workflows " + workflow};
  std::string hosts;
  for (const storage::FleetStore& store : fleet.stores)
    if (fleet.lives(store) &&
        (workflow.empty() || std::ranges::find(store.workflows, workflow) != store.workflows.end()))
      hosts.append(hosts.empty() ? "" : ", ").append(store.host);
  return {true, "it will be taken up by a worker on " + hosts};
}

std::vector<std::string> who_will_run_each(const std::string& conninfo, const std::vector<std::string>& workflows) {
  std::vector<std::string> sentences;
  try {
    for (const std::string& workflow : workflows) {
      const std::string sentence = who_will_run(conninfo, workflow).sentence;
      if (std::ranges::find(sentences, sentence) == sentences.end()) sentences.push_back(sentence);
    }
  } catch (const engine::Error&) {  // the runs are resumed all the same, and that stays said
  }
  return sentences;
}

std::optional<std::string> nobody_works_warning(const storage::CheckpointReader& reader, const std::string& path) {
  if (storage::is_locked(path) != false) return std::nullopt;
  const auto unfinished = reader.query("select 1 from runs where ended_at is null limit 1");
  if (unfinished.rows.empty()) return std::nullopt;
  return "no worker has " + path + " open: its unfinished runs do not move; `pawl status` says how the whole is doing";
}

}  // namespace pawl::bin
