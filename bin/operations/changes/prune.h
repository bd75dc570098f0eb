// Removes what is older than its retention, from Postgres and from a checkpoint file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/authoring/clock.h"
#include "storage/postgres/address.h"

namespace pawl::bin {

struct PruneRequest {
  storage::PostgresAddress postgres;
  std::string checkpoints;                ///< Path of the file.
  engine::Duration retention{0};          ///< Of runs in the file; 0: for ever.
  engine::Duration archive_retention{0};  ///< Of what is in Postgres; 0: for ever.
  bool dry_run = false;
};

/// Of one kind of rows, in the order in which they go.
struct PruneLine {
  std::string what;
  std::string where;                    ///< `Postgres`, or the path of the file.
  std::optional<std::int64_t> rows{};   ///< Removed, or what would be; months of the archive where they were dropped.
  std::optional<std::int64_t> bytes{};  ///< That the disk gets back, where that is known.
  std::string detail{};                 ///< Why they stay, where they do.
};

/// Removes nothing of what is unfinished, or has failed and was not dismissed, and nothing that is known of an event
/// before the event itself. A file that a worker has open is left to that worker. Throws engine::UnavailableError,
/// engine::RefusedError where a privilege is missing, or the file is of an older pawl: no migration is applied to it.
std::vector<PruneLine> prune(const PruneRequest& request);

}  // namespace pawl::bin
