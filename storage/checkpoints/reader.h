// Read-only access to a checkpoint file, beside a running worker or on a copy.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/ports/checkpoints.h"

namespace pawl::storage {

struct RunFilter {
  std::string status;        ///< Empty: any.
  long since_seconds = 0;    ///< Ended within the last so many seconds, or not ended; 0: ever.
  std::string event_id;      ///< Empty: any.
  std::string aggregate_id;  ///< The connection's id; empty: any.
  std::string workflow;      ///< Empty: any.
  bool unfinished = false;   ///< Only those that have not ended.
  long until_seconds = 0;    ///< Ended before so many seconds ago; 0: until now.
  std::string tenant;        ///< Whose event it is; empty: anybody's.
  /// Only these, by full ids; nothing: any.
  std::optional<std::vector<std::string>> run_ids{};
  std::size_t limit = 100;
};

struct RunSummary {
  std::string run_id;
  std::string event_id;
  std::string workflow;
  std::string status;
  std::string aggregate_id;
  std::string started_at;  ///< RFC 3339, UTC.
  std::string ended_at;    ///< Empty while unfinished.
  std::string reason;
};

/// One line of a run's story, in order of time.
struct TimelineEntry {
  std::string at;
  std::string what;  ///< `started`, `step`, `attempt`, `waiting`, `cancelled` (was seen), `ended`.
  std::string step;
  std::string key;
  int attempt = 0;
  std::string status;  ///< `succeeded`, `failed`, `retrying`, or the run's status.
  std::string detail;  ///< Output JSON, error or reason.
};

/// Opens read-only and never creates, writes or checkpoints. Throws engine::RefusedError when the file does not exist,
/// is foreign, was written by a newer pawl, or has other tables or views than pawl makes, as a crafted one may. Every
/// call throws engine::Error when it takes longer than `at_most`.
class CheckpointReader {
 public:
  explicit CheckpointReader(const std::string& path, std::chrono::milliseconds at_most = std::chrono::minutes{1});
  ~CheckpointReader();

  std::vector<RunSummary> runs(const RunFilter& filter) const;
  /// How many there are, whatever the filter's limit; counts no more than `most`.
  std::size_t count(const RunFilter& filter, std::size_t most) const;
  /// Runs whose id, or whose event's id, begins or ends with `part`, at most `limit`, in the order of their ids.
  std::vector<engine::RunName> runs_like(const std::string& part, std::size_t limit) const;
  std::optional<engine::StoredRun> run(const std::string& run_id) const;
  /// Calls `each` with every run that passes, whatever the limit, in the order of their numbers, as all were at one
  /// moment. Reads the tables from end to end beside each other and holds one run. Until it returns, the -wal of a
  /// worker that runs on the file cannot begin anew. The time that reading may take counts for each run.
  void each_run(const RunFilter& filter, const std::function<void(engine::StoredRun)>& each) const;
  /// Which pawl started the run; empty: unknown.
  std::string build_of(const std::string& run_id) const;
  std::vector<TimelineEntry> timeline(const std::string& run_id) const;

  struct Rows {
    std::vector<std::string> columns;
    std::vector<std::vector<std::optional<std::string>>> rows;
    std::vector<std::vector<bool>> is_number;  ///< Of the same cells, as SQLite has them.
  };
  /// One read-only statement. Throws engine::Error with SQLite's message; refuses whatever would write.
  Rows query(const std::string& sql) const;

 private:
  class File;
  std::unique_ptr<File> file_;
};

}  // namespace pawl::storage
