// Why unfinished runs are not finished: from the checkpoints of this host and from Postgres, whichever knows more.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/authoring/retry_policy.h"
#include "storage/checkpoints/reader.h"
#include "storage/outbox/fleet/runs.h"

namespace pawl::bin {

/// Times are RFC 3339 in UTC; empty where there is none.
struct Waiting {
  std::string run_id = {};
  std::string event_id = {};
  std::string workflow = {};
  std::string state = {};  ///< As in pawl.v1_waiting; from the checkpoints `moving`, `backoff` or `paused`.
  std::string reason = {};
  std::string step = {};
  std::string key = {};
  std::optional<int> attempts = {};      ///< That failed so far; none where none did, or where it is not known.
  std::optional<int> attempts_max = {};  ///< It gives up after so many; none: attempts do not end it.
  std::string since = {};
  std::string next_at = {};      ///< Of the next attempt or probe, or whatever else may change it by itself.
  std::string gives_up_at = {};  ///< As of its last attempt; empty: its age does not end it, or is not known.
  std::string host = {};
  std::string source = {};  ///< `checkpoints` or `postgres`: who knew it.
};

/// The retry policy of a step of a workflow as this host's settings have it; none where they do not know it.
using PolicyOf =
    std::function<std::optional<engine::RetryPolicy>(const std::string& workflow, const std::string& step)>;

struct WaitingQuestion {
  std::vector<engine::RunName> runs = {};  ///< None: all.
  std::string workflow = {};
  std::string step = {};
  std::size_t limit = 100;
};

/// What the checkpoints know. Throws engine::Error.
std::vector<Waiting> waiting_here(const storage::CheckpointReader& reader, const WaitingQuestion& question,
                                  const PolicyOf& policy_of);
/// What Postgres knows. Throws engine::Error.
std::vector<Waiting> waiting_in_fleet(storage::PostgresConnection& connection, const WaitingQuestion& question);

/// Both answers as one, where both could be asked; else the one that could. A run that a living worker has is known
/// better by its checkpoints; of any other, Postgres says why nobody moves it, and what it has no more is over.
std::vector<Waiting> waiting_of(const storage::CheckpointReader* reader, storage::PostgresConnection* connection,
                                const WaitingQuestion& question, const PolicyOf& policy_of);

}  // namespace pawl::bin
