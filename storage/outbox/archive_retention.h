// Keeps archived events, their mails and what was asked for them for a stated time, while a worker runs.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "storage/postgres/connection.h"

namespace pawl::storage {

/// How many rows of what was removed, by the names of pawl.retained; `archived months` are partitions of the archive.
using Pruned = std::map<std::string, std::int64_t>;

/// Never removes what belongs to an event that is not finished, or that has failed and was not dismissed. `turn` is one
/// thread's, the others are any's.
class ArchiveRetention {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// Keeps for `keep` (0: for ever), and looks for what is older every so often.
  ArchiveRetention(std::chrono::microseconds keep, std::chrono::microseconds every) : keep_(keep), every_(every) {}

  /// Removes nothing. Throws engine::RefusedError where the function is missing, or denied to this role.
  static void check_access(PostgresConnection& connection);

  /// One small step if it is time. Never throws an engine::Error: what cannot be removed now is at the next time.
  void turn(PostgresConnection& connection, Time now);

  /// What was removed since this was asked last.
  Pruned take_pruned();
  /// Why the last step removed nothing; empty when it could.
  std::string problem() const;

 private:
  /// Whether it removed anything.
  bool step(PostgresConnection& connection);

  const std::chrono::microseconds keep_, every_;
  Time due_at_ = Time::min();
  mutable std::mutex mutex_;
  Pruned pruned_;
  std::string problem_;
};

}  // namespace pawl::storage
