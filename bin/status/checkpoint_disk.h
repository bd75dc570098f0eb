// How much the checkpoint file takes of its disk, and how much that has left.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace pawl::bin {

struct CheckpointDisk {
  std::uint64_t file_bytes = 0;
  std::uint64_t wal_bytes = 0;
  std::uint64_t free_bytes = 0;  ///< For this user.
};

/// Asks the file system, and may wait for it: not on the engine's thread. Nothing where there is no such file.
std::optional<CheckpointDisk> look_at_disk(const std::string& checkpoints);

}  // namespace pawl::bin
