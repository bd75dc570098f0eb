// What of a server, a role, a clock and a disk would harm: decided from what was read of them.
#pragma once

#include <cstdint>
#include <string>

#include "bin/operations/health/finding.h"

namespace pawl::bin {

/// A session as the server has it; as it should be unless it says otherwise.
struct ServerFacts {
  bool standby = false;
  bool read_only = false;
  bool fsync = true;
  bool full_page_writes = true;
  std::string synchronous_commit = "on";
  std::string search_path = "pg_catalog, pawl, pg_temp";
};
Findings findings_of(const ServerFacts& server);

/// What the session's role may do.
struct RoleFacts {
  bool owner = false;              ///< Of the schema.
  bool is_worker = false;          ///< A member of pawl_worker.
  bool is_operator = false;        ///< Of pawl_operator.
  std::string hidden_tables = {};  ///< Of which row-level security hides rows from it, with commas.
};
Findings findings_of(const RoleFacts& role);

/// How far two clocks are apart for certain, in seconds.
Findings findings_of_skew(double seconds);

/// In bytes.
struct DiskFacts {
  std::string path = {};  ///< Of the checkpoint file.
  std::uintmax_t wal = 0;
  std::uintmax_t free = UINTMAX_MAX;
};
Findings findings_of(const DiskFacts& disk);

/// As `12 MiB`.
std::string mebibytes(std::uintmax_t bytes);

}  // namespace pawl::bin
