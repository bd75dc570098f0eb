// The lock file that keeps a second worker off a checkpoint file.
#pragma once

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

}  // namespace pawl::storage
