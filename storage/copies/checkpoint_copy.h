// Copies a checkpoint file beside the worker that writes it, and leaves in the copy what was asked for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace pawl::storage {

/// Which runs; those that ids name, else those that ended within `since_seconds` or have not, else all.
struct CopiedRuns {
  std::vector<std::string> run_ids;
  long since_seconds = 0;
};

struct CheckpointCopy {
  std::size_t runs = 0;
  std::uintmax_t bytes = 0;
};

/// Makes `target`, a file of mode 0600 that every reading verb opens: as the store was at one moment, by SQLite's
/// online backup, reduced and made small. Waits for no worker and makes none wait. With `redacted` every text in it is
/// what that makes of it, but for names of workflows and steps and ids of runs; keys of items that it makes equal are
/// numbered. Throws engine::RefusedError where there
/// is a target, or the source cannot be read as a store, and engine::UnavailableError for a disk that is full. Whatever
/// it throws, no target is made.
CheckpointCopy copy_checkpoints(const std::string& source, const std::string& target, const CopiedRuns& runs,
                                const std::function<std::string(const std::string&)>& redacted);

}  // namespace pawl::storage
