// Asks each store for what it would remove, or tells it to.
#include "bin/operations/changes/prune.h"

#include <algorithm>
#include <filesystem>

#include "engine/authoring/errors.h"
#include "storage/checkpoints/reader.h"
#include "storage/checkpoints/sqlite_checkpoints.h"
#include "storage/outbox/chores/archive_retention.h"
#include "storage/sqlite/lock.h"
#include "storage/sqlite/place.h"

namespace pawl::bin {

namespace {

constexpr std::size_t kAtOnce = 1000;  // runs a transaction, as a worker does
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

std::int64_t count_old(const std::string& path, engine::Timestamp before) {
  const std::string at = std::to_string(before.time_since_epoch().count());
  const auto rows = storage::CheckpointReader(path)
                        .query("select count(*) from runs r join events e on e.run = r.run where r.ended_at < " + at +
                               " and e.created_at < " + at + " and not (r.status = 'failed' and r.resumable = 'here')")
                        .rows;
  return std::stoll(rows.at(0).at(0).value_or("0"));
}

// Opening it for writing would migrate it, and the worker that it is of could not start on it any more.
void require_migrated(const std::string& path) { const storage::CheckpointReader reader(path); }

// A worker prunes its file itself, each hour.
std::string why_left(const std::string& path) try {
  const storage::SqliteLock lock(storage::real_path(path));
  return {};
} catch (const engine::RefusedError&) {
  return "left to the worker that has the file open, which does it each hour";
}

std::int64_t remove_old(const std::string& path, engine::Timestamp before) {
  require_migrated(path);
  storage::SqliteCheckpoints store(path);
  std::int64_t removed = 0;
  for (std::size_t step = kAtOnce; step == kAtOnce;) {
    step = store.prune(before, kAtOnce);
    removed += static_cast<std::int64_t>(step);
  }
  return removed;
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
      line.rows = count_old(request.checkpoints, before);
    else if (line.detail = why_left(request.checkpoints); line.detail.empty())
      line.rows = remove_old(request.checkpoints, before);
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
