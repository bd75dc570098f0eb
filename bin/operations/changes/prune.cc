// Asks each store for what it would remove, or tells it to.
#include "bin/operations/changes/prune.h"

#include <algorithm>
#include <filesystem>

#include "engine/authoring/errors.h"
#include "engine/runs/resolved_sweep.h"
#include "storage/checkpoints/reader.h"
#include "storage/checkpoints/sqlite_checkpoints.h"
#include "storage/outbox/chores/archive_retention.h"
#include "storage/outbox/chores/resolved_runs.h"
#include "storage/sqlite/lock.h"
#include "storage/sqlite/place.h"

namespace pawl::bin {

namespace {

constexpr std::size_t kAtOnce = engine::ResolvedSweep::kAtOnce;  // runs a transaction, as a worker does
constexpr const char* kPostgres = "Postgres";
constexpr const char* kForEver = "kept for ever: its retention is 0";

void add_postgres(const PruneRequest& request, std::vector<PruneLine>& lines) {
  if (request.archive_retention.count() == 0) return lines.push_back({"archived events", kPostgres, {}, {}, kForEver});
  if (!request.dry_run) {
    for (const auto& [name, rows] : storage::prune_all(request.postgres, request.archive_retention))
      lines.push_back({name, kPostgres, rows});
    return;
  }
  for (const storage::Prunable& one : storage::prunable(request.postgres, request.archive_retention)) {
    const bool stays = one.name == "failed events";
    lines.push_back({one.name, kPostgres, one.rows, one.bytes, stays ? "stay until resumed or dismissed" : ""});
  }
}

// Of failed runs only those that nobody can resume any more.
std::int64_t count_old(const PruneRequest& request, engine::Timestamp before) {
  const storage::CheckpointReader reader(request.checkpoints);
  const std::string at = std::to_string(before.time_since_epoch().count());
  const std::string old = " from runs r join events e on e.run = r.run where r.ended_at < " + at +
                          " and e.created_at < " + at + " and r.status";
  std::vector<std::string> failed;
  for (const auto& row : reader.query("select r.run_id" + old + " = 'failed'").rows)
    failed.push_back(row.at(0).value_or(""));
  const auto ended = reader.query("select count(*)" + old + " <> 'failed'").rows;
  storage::PostgresConnection postgres(request.postgres);
  return std::stoll(ended.at(0).at(0).value_or("0")) +
         static_cast<std::int64_t>(storage::resolved_runs(postgres, failed).size());
}

// Opening it for writing would migrate it, and the worker that it is of could not start on it any more.
void require_migrated(const std::string& path) {
  storage::require_own_links(path);
  const storage::CheckpointReader reader(path);
}

// A worker prunes its file itself, each hour.
std::string why_left(const std::string& path) try {
  const storage::SqliteLock lock(storage::real_path(path));
  return {};
} catch (const engine::RefusedError&) {
  return "left to the worker that has the file open, which does it each hour";
}

std::int64_t forget_resolved(const PruneRequest& request, storage::SqliteCheckpoints& store, engine::Timestamp before) {
  storage::PostgresConnection postgres(request.postgres);
  engine::ResolvedSweep sweep;
  std::int64_t forgotten = 0;
  do {
    sweep.find(store, before);
    sweep.ask([&](const std::vector<std::string>& ids) { return storage::resolved_runs(postgres, ids); });
    forgotten += static_cast<std::int64_t>(sweep.forget(store));
  } while (sweep.is_more());
  return forgotten;
}

std::int64_t remove_old(const PruneRequest& request, engine::Timestamp before) {
  require_migrated(request.checkpoints);
  storage::SqliteCheckpoints store(request.checkpoints);
  std::int64_t removed = 0;
  for (std::size_t step = kAtOnce; step == kAtOnce;) {
    step = store.prune(before, kAtOnce);
    removed += static_cast<std::int64_t>(step);
  }
  return removed + forget_resolved(request, store, before);
}

// Two clocks have to agree that a run is old, as for a worker.
void add_checkpoints(const PruneRequest& request, std::vector<PruneLine>& lines) {
  PruneLine line{"ended runs", request.checkpoints};
  if (request.retention.count() == 0) {
    line.detail = kForEver;
  } else if (!std::filesystem::exists(request.checkpoints)) {
    line.detail = "there is no such file";
  } else {
    const engine::SystemClock clock;
    const engine::Timestamp before =
        std::min(clock.now(), storage::postgres_time(request.postgres)) - request.retention;
    if (request.dry_run)
      line.rows = count_old(request, before);
    else if (line.detail = why_left(request.checkpoints); line.detail.empty())
      line.rows = remove_old(request, before);
  }
  lines.push_back(std::move(line));
}

}  // namespace

std::vector<PruneLine> prune(const PruneRequest& request) {
  std::vector<PruneLine> lines;
  add_checkpoints(request, lines);
  add_postgres(request, lines);
  return lines;
}

}  // namespace pawl::bin
