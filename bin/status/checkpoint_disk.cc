// Asks by stat and statvfs.
#include "bin/status/checkpoint_disk.h"

#include <sys/stat.h>
#include <sys/statvfs.h>

namespace pawl::bin {

namespace {

std::optional<std::uint64_t> size_of(const std::string& path) {
  struct stat found {};
  if (stat(path.c_str(), &found) != 0) return std::nullopt;
  return static_cast<std::uint64_t>(found.st_size);
}

}  // namespace

std::optional<CheckpointDisk> look_at_disk(const std::string& checkpoints) {
  struct statvfs system {};
  const auto file = size_of(checkpoints);
  if (!file || statvfs(checkpoints.c_str(), &system) != 0) return std::nullopt;
  return CheckpointDisk{*file, size_of(checkpoints + "-wal").value_or(0),
                        std::uint64_t{system.f_bavail} * system.f_frsize};
}

}  // namespace pawl::bin
