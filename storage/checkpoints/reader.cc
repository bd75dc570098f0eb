// Lists runs and tells a run's story from its rows.
#include "storage/checkpoints/reader.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <chrono>
#include <limits>

#include "engine/authoring/errors.h"
#include "storage/checkpoints/migrator.h"
#include "storage/checkpoints/query.h"
#include "storage/checkpoints/read_only.h"
#include "storage/checkpoints/run_stream.h"
#include "storage/checkpoints/runs.h"
#include "storage/sqlite/errors.h"
#include "storage/sqlite/patience.h"
#include "storage/sqlite/place.h"

namespace pawl::storage {

namespace {

std::string conditions(const RunFilter& filter) {
  std::string sql = "true";
  if (!filter.status.empty()) sql += " and r.status = ?1";
  if (filter.since_seconds > 0) sql += " and (r.ended_at >= ?2 or r.ended_at is null)";
  if (!filter.event_id.empty())
    sql +=
        " and r.run in (select run from runs where run_id = ?3 union"
        " select run from events where further_run_of = ?3 and further_run_of <> '')";
  if (!filter.aggregate_id.empty()) sql += " and r.run in (select run from events where aggregate_id = ?4)";
  if (!filter.workflow.empty()) sql += " and r.workflow = ?5";
  if (filter.unfinished) sql += " and r.ended_at is null";
  if (filter.until_seconds > 0) sql += " and r.ended_at < ?6";
  if (!filter.tenant.empty()) sql += " and r.run in (select run from events where tenant = ?7)";
  if (filter.run_ids) sql += " and r.run_id in (select value from json_each(?8))";
  return sql;
}

// Parameter 9 is always there, so that 1 to 8 may be bound whether or not their condition is.
std::string select_runs(const std::string& columns, const RunFilter& filter) {
  return "select " + columns + " from runs r join v1_runs v on v.number = r.run where " + conditions(filter) +
         " order by r.run desc limit ?9";
}

// Of those that pass, which are nearly all where nothing is asked for.
std::string of_runs(const RunFilter& filter, const std::string& table) {
  const std::string where = conditions(filter);
  return where == "true" ? "" : " where " + table + ".run in (select r.run from runs r where " + where + ")";
}

constexpr std::size_t kNoLimit = std::numeric_limits<std::int64_t>::max();

// What a filter has in forms that a statement binds; lives as long as the statement runs.
struct BoundFilter {
  explicit BoundFilter(const RunFilter& filter) : of(filter), run_ids("[") {
    for (const std::string& id : filter.run_ids.value_or(std::vector<std::string>{}))
      run_ids.append(run_ids.size() > 1 ? ",\"" : "\"").append(id).append("\"");
    run_ids += ']';
  }

  void start(SqliteStatement& select, std::size_t limit) const {
    const auto ago = [now = std::chrono::time_point_cast<engine::Duration>(std::chrono::system_clock::now())](
                         long seconds) -> engine::Timestamp { return now - std::chrono::seconds(seconds); };
    select.start(of.status, ago(of.since_seconds), of.event_id, of.aggregate_id, of.workflow, ago(of.until_seconds),
                 of.tenant, run_ids, static_cast<std::int64_t>(limit));
  }

  const RunFilter& of;
  std::string run_ids;
};

// Within one instant: the start first, the end last.
constexpr const char* kTimeline = R"(
  with story (time, place, what, step, key, attempt, status, detail) as (
    select started_at, 0, 'started', '', '', 0, 'running', workflow from runs where run = ?1
    union all
    select failed_at, 1, 'attempt', step, key, attempt, iif(retry_at is null, 'failed', 'retrying'), error
    from attempts where run = ?1
    union all
    select settled_at, 2, 'step', step, key, attempt, iif(failed, 'failed', 'succeeded'), result
    from steps where run = ?1
    union all
    select wake_at, 3, 'waiting', '', '', 0, status, reason from runs where run = ?1 and status = 'waiting'
    union all
    select cancelled_at, 3, 'cancelled', '', '', 0, '',
           iif(cancel_note = '', 'by ' || cancelled_by, 'by ' || cancelled_by || ': ' || cancel_note)
    from runs where run = ?1 and cancelled_at is not null
    union all
    select ended_at, 4, 'ended', '', '', 0, status, reason from runs where run = ?1 and ended_at is not null)
  select strftime('%Y-%m-%dT%H:%M:%fZ', time / 1e6, 'unixepoch'), what, step, key, attempt, status, detail
  from story order by time, place, step, key, attempt)";

}  // namespace

class CheckpointReader::File {
 public:
  File(const std::string& file, std::chrono::milliseconds at_most) : path(real_path(file)), patience(at_most) {
    reading([this] {
      database = open_read_only(path);
      patience.watch(*database);
      require_all_migrations(*database, path);
      stored_runs = std::make_unique<SqliteRuns>(*database);
      return 0;
    });
  }

  template <class Action>
  std::invoke_result_t<Action> reading(Action action) const try {
    patience.begin();
    return action();
  } catch (const SQLite::Exception& error) {
    patience.require_time_left("read checkpoints " + path);
    throw_translated(error, "read checkpoints", path);
  } catch (const engine::Error&) {  // SQLite's message, where a statement that somebody typed was interrupted
    patience.require_time_left("read checkpoints " + path);
    throw;
  }

  std::string path;
  mutable SqlitePatience patience;
  std::unique_ptr<SQLite::Database> database;
  std::unique_ptr<SqliteRuns> stored_runs;
};

CheckpointReader::CheckpointReader(const std::string& path, std::chrono::milliseconds at_most)
    : file_(std::make_unique<File>(path, at_most)) {}

CheckpointReader::~CheckpointReader() = default;

std::vector<RunSummary> CheckpointReader::runs(const RunFilter& filter) const {
  return file_->reading([&] {
    SqliteStatement select(*file_->database, select_runs("v.run_id, v.event_id, v.workflow, v.status, v.aggregate_id, "
                                                         "v.started_at, coalesce(v.ended_at, ''), v.reason",
                                                         filter)
                                                 .c_str());
    const BoundFilter bound(filter);
    bound.start(select, filter.limit);
    std::vector<RunSummary> summaries;
    while (select.next())
      summaries.push_back({select.text(0), select.text(1), select.text(2), select.text(3), select.text(4),
                           select.text(5), select.text(6), select.text(7)});
    return summaries;
  });
}

std::size_t CheckpointReader::count(const RunFilter& filter, std::size_t most) const {
  return file_->reading([&] {
    const std::string some = "select 1 from runs r where " + conditions(filter) + " limit ?9";
    SqliteStatement select(*file_->database, ("select count(*) from (" + some + ")").c_str());
    const BoundFilter bound(filter);
    bound.start(select, most);
    return select.next() ? static_cast<std::size_t>(select.integer(0)) : 0;
  });
}

// Ends are found by looking through the whole index, so they are only looked for where the id is not whole.
std::vector<engine::RunName> CheckpointReader::runs_like(const std::string& part, std::size_t limit) const {
  return file_->reading([&] {
    const std::string past_the_last = part + "\xf4\x8f\xbf\xbf";  // U+10FFFF sorts after whatever an id may go on with
    SqliteStatement select(
        *file_->database,
        "select v.run_id, v.event_id, v.workflow from v1_runs v where v.number in ("
        "select run from runs where run_id >= ?1 and run_id < ?2 union "
        "select run from runs where length(?1) < 36 and substr(run_id, -length(?1)) = ?1 union "
        "select run from events where further_run_of >= ?1 and further_run_of < ?2 and further_run_of <> '' union "
        "select run from events where length(?1) < 36 and substr(further_run_of, -length(?1)) = ?1"
        " and further_run_of <> '') order by v.run_id limit ?3");
    select.start(part, past_the_last, static_cast<std::int64_t>(limit));
    std::vector<engine::RunName> runs;
    while (select.next()) runs.push_back({select.text(0), select.text(1), select.text(2)});
    return runs;
  });
}

std::optional<engine::StoredRun> CheckpointReader::run(const std::string& run_id) const {
  return file_->reading([&] { return file_->stored_runs->by_id(run_id); });
}

void CheckpointReader::each_run(const RunFilter& filter, const std::function<void(engine::StoredRun)>& each) const {
  file_->reading([&] {
    const SQLite::Transaction one_moment(*file_->database);
    const BoundFilter bound(filter);
    const auto start_all = [&](SqliteStatement& select) { bound.start(select, kNoLimit); };
    SqliteRunStream stream(*file_->database, " where " + conditions(filter), of_runs(filter, "s"), of_runs(filter, "p"),
                           start_all);
    while (auto run = stream.next()) {
      each(*std::move(run));
      file_->patience.begin();
    }
    return 0;
  });
}

std::string CheckpointReader::build_of(const std::string& run_id) const {
  return file_->reading([&] {
    SqliteStatement select(*file_->database, "select coalesce(build, '') from v1_runs where run_id = ?");
    select.start(run_id);
    return select.next() ? select.text(0) : std::string();
  });
}

std::vector<TimelineEntry> CheckpointReader::timeline(const std::string& run_id) const {
  return file_->reading([&] {
    std::vector<TimelineEntry> entries;
    const auto run = file_->stored_runs->by_id(run_id);
    if (!run) return entries;
    SqliteStatement story(*file_->database, kTimeline);
    story.start(run->run);
    while (story.next())
      entries.push_back({story.text(0), story.text(1), story.text(2), story.text(3), static_cast<int>(story.integer(4)),
                         story.text(5), story.text(6)});
    return entries;
  });
}

CheckpointReader::Rows CheckpointReader::query(const std::string& sql) const {
  return file_->reading([&] { return query_read_only(*file_->database, sql); });
}

}  // namespace pawl::storage
