// How the whole is doing: what Postgres knows of all workers, what the local checkpoint file adds, and what to do.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bin/operations/health/finding.h"
#include "storage/outbox/fleet/fleet.h"

namespace pawl::bin {

/// What the checkpoint file of this host adds.
struct LocalStatus {
  std::string path = {};
  std::int64_t unfinished = 0;
  std::int64_t backing_off = 0;
  /// Runs that no build of their worker since has fitted, with what does not fit; at most ten.
  std::vector<std::pair<std::string, std::string>> misfits = {};
  std::int64_t misfit_count = 0;
};

struct Status {
  std::optional<storage::Fleet> fleet = {};  ///< None where Postgres cannot be asked.
  std::string fleet_unknown = {};            ///< Why not.
  std::optional<LocalStatus> local = {};     ///< None where there is no file, or where it cannot be read.
  std::string local_unknown = {};            ///< Why it could not be read; empty where there is none.
  Findings findings = {};                    ///< Problems first.
};

/// What the file tells beside a running worker; none where there is no such file. Throws engine::Error where it is
/// foreign, damaged or denied.
std::optional<LocalStatus> local_status(const std::string& checkpoints_path);

/// What is wrong with the runs in the file.
Findings local_findings(const std::optional<LocalStatus>& local);

/// What is wrong with the fleet and with them, and what to do: decided from what was read alone.
Findings findings_of(const storage::Fleet& fleet, const std::optional<LocalStatus>& local);

/// Asks Postgres, which is not waited for, and the file where there is one. What cannot be asked is a finding: throws
/// nothing for it.
Status status_of(const std::string& conninfo, const std::string& checkpoints_path);

/// As a person says it: `45 s`, `12 min`, `3 h`, `5 days`.
std::string age_text(double seconds);

}  // namespace pawl::bin
