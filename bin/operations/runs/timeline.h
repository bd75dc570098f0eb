// Everything about one run, in the order in which it happened: from the checkpoints, and from Postgres where it
// answers.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bin/operations/runs/waiting.h"
#include "storage/checkpoints/reader.h"
#include "storage/outbox/operators/run_history.h"
#include "storage/postgres/address.h"

namespace pawl::bin {

struct StoryLine {
  std::string at;  ///< RFC 3339, UTC.
  std::string
      what;  ///< `started`, `step`, `attempt`, `waiting`, `ended`, `takeover`, `paused`, or the verb of a command.
  std::string step;
  std::string key;  ///< The item of the step, or the user whom a command is about.
  int attempt = 0;  ///< 0: it is about none.
  std::string status;
  std::string detail;  ///< Output JSON, error, reason or note.
  std::string by;      ///< Who asked for it; empty: nobody had to.
};

struct Story {
  engine::StoredRun run;
  std::string status;                   ///< As the checkpoints have it, unless whoever can ask says otherwise.
  std::string reason;                   ///< The same.
  std::string build;                    ///< Of the worker that started the run; empty: not recorded.
  std::vector<StoryLine> lines;         ///< In the order of time.
  storage::RunHistory history;          ///< Of Postgres; its entries are among the lines.
  std::string unavailable;              ///< Why Postgres could not be asked; empty: it was.
  std::optional<Waiting> waiting = {};  ///< Why it is not finished; added by whoever can tell.
  std::string owed = {};                ///< What a batch is still to do to it; the same.
};

/// What Postgres has of a run, in the order of time.
std::vector<StoryLine> lines_of(const storage::RunHistory& history);

/// Postgres is asked once and not waited for: the checkpoints alone are worth showing. nullopt where they do not have
/// the run. Throws what reading them throws.
std::optional<Story> story_of(const storage::CheckpointReader& reader, const storage::PostgresAddress& postgres,
                              const std::string& run_id);

/// By when each was, whatever digits its time has: the checkpoints tell milliseconds, Postgres microseconds.
void sort_by_time(std::vector<StoryLine>& lines);

/// How long after `from` `at` is, as `2 min later`; both RFC 3339 in UTC. Empty for less than a second, or backwards.
std::string later(const std::string& from, const std::string& at);

/// Whom an id means, as `Ada Owner <ada@example.com>`; empty: the application does not tell.
std::string person_of(const storage::RunHistory& history, const std::string& user_id);

}  // namespace pawl::bin
