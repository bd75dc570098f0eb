// The lock file that keeps a second worker off a checkpoint file.
#pragma once

#include <optional>
#include <string>

namespace pawl::storage {

/// Held from construction to destruction, and released by the kernel when the process dies. The file itself stays:
/// unlinking it would let two processes lock two files of one name. Throws engine::RefusedError naming the holder, and
/// engine::UnavailableError.
class SqliteLock {
 public:
  /// Locks `path` + ".lock".
  explicit SqliteLock(const std::string& path);
  ~SqliteLock();
  SqliteLock(const SqliteLock&) = delete;
  SqliteLock& operator=(const SqliteLock&) = delete;

 private:
  void name_holder() const;

  int descriptor_ = -1;
};

/// Whether a process of this host has `path` locked, without touching the lock; nullopt where the kernel does not say,
/// and of a file without a lock file, which is a copy: no worker has had it open under this name.
std::optional<bool> is_locked(const std::string& path);

}  // namespace pawl::storage
