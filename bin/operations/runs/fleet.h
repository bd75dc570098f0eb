// The checkpoints of this host and the fleet in Postgres, as a verb that reads finds them; and whether anybody works.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bin/operations/runs/run_ids.h"
#include "storage/checkpoints/reader.h"
#include "storage/outbox/fleet/runs.h"
#include "storage/postgres/connection.h"

namespace pawl::bin {

/// The runs that somebody meant, and who knew them.
struct ResolvedRuns {
  std::vector<engine::RunName> runs;  ///< Of one event.
  bool in_fleet = false;              ///< Postgres knew them; the file here does not.
};

/// Opens neither before it is asked. One thread.
class RunSources {
 public:
  RunSources(std::string checkpoints_path, std::string conninfo)
      : path_(std::move(checkpoints_path)), conninfo_(std::move(conninfo)) {}

  const std::string& path() const { return path_; }
  /// Null where there is no file. Throws engine::Error for one that cannot be read.
  const storage::CheckpointReader* checkpoints();
  /// Null where Postgres cannot be reached within a few seconds or is not migrated; postgres_error() says why.
  storage::PostgresConnection* postgres();
  const std::string& postgres_error() const { return postgres_error_; }

  /// In the file, else in Postgres. Throws NotFoundError, which says where it was looked for, and
  /// engine::UnavailableError where the file does not have it and Postgres cannot be asked.
  ResolvedRuns resolve(const GivenRuns& given);
  /// In both, so that a part of an id that runs of other hosts fit too is not taken for one of this host: of what is to
  /// be changed. Throws NotFoundError, and engine::UnavailableError where Postgres cannot be asked.
  std::vector<engine::RunName> resolve_in_both(const GivenRuns& given);

  /// Of runs with what the file says of them, by their ids: those that have failed or not ended there, and of which
  /// Postgres says otherwise, since they were resumed, dismissed or cancelled, or ended elsewhere. None where Postgres
  /// cannot be asked; postgres_error() says why.
  std::map<std::string, storage::FleetRun> changed_since(const std::map<std::string, std::string>& status_by_run);

 private:
  const std::string path_, conninfo_;
  bool looked_for_file_ = false;
  std::unique_ptr<storage::CheckpointReader> reader_;
  bool asked_postgres_ = false;
  std::unique_ptr<storage::PostgresConnection> connection_;
  std::string postgres_error_;
};

/// With full ids: beginnings and ends of ids are looked for in the file and in Postgres, and full ids nowhere. Throws
/// as RunSources::resolve_in_both() does.
std::vector<GivenRuns> full_runs(const std::vector<GivenRuns>& given, RunSources& sources);
/// The same as `ID` or `ID/WORKFLOW`.
std::vector<std::string> full_ids(const std::vector<GivenRuns>& given, RunSources& sources);

/// Whether a run of the workflow, or of any where it is empty, will be taken up, as a sentence for whoever has just
/// resumed it; `somebody` is false where nobody does.
struct WhoRuns {
  bool somebody = false;
  std::string sentence;
};
/// Throws the engine's errors where Postgres cannot be asked.
WhoRuns who_will_run(const std::string& conninfo, const std::string& workflow);
/// The sentences about runs of all of these workflows, each once; none where Postgres cannot be asked, since they are
/// said of what is done.
std::vector<std::string> who_will_run_each(const std::string& conninfo, const std::vector<std::string>& workflows);

/// What whoever reads this file should know: that it has unfinished runs, and no worker has it open. Looks at the
/// file's lock alone; nullopt where all is well, or where that cannot be told.
std::optional<std::string> nobody_works_warning(const storage::CheckpointReader& reader, const std::string& path);

/// An address that gives up within a few seconds, unless it says itself when: what it has to say is an extra.
storage::PostgresAddress with_short_answers(const std::string& conninfo);

}  // namespace pawl::bin
