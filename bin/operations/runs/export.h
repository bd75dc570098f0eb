// A copy of recorded runs for another host, a CI, or whoever is to look at them.
#pragma once

#include <string>
#include <vector>

#include "storage/copies/checkpoint_copy.h"

namespace pawl::bin {

struct ExportOrder {
  std::string checkpoints;
  std::string copy;          ///< Where it goes; no file is there.
  storage::CopiedRuns runs;  ///< By full ids of runs.
  bool is_redacted = false;  ///< Secrets are taken out of every text, and mail addresses masked.
};

/// Throws as storage::copy_checkpoints does.
storage::CheckpointCopy export_runs(const ExportOrder& order);

}  // namespace pawl::bin
