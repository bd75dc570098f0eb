// Keeps the archive's partitions ahead of time while a worker runs for months.
#pragma once

#include <chrono>
#include <mutex>
#include <string>

#include "storage/postgres/connection.h"

namespace pawl::storage {

/// Used by one thread.
class ArchivePartitions {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit ArchivePartitions(std::chrono::microseconds every) : every_(every) {}

  /// Creates nothing. Throws engine::RefusedError where the function is missing, or denied to this role.
  static void check_access(PostgresConnection& connection);

  /// Creates the coming partitions if it is time. Never throws an engine::Error: without a partition of their own, rows
  /// go to the default one, and the next time moves them. What others hold is tried again soon.
  void turn(PostgresConnection& connection, Time now);
  /// Why the last turn has not created them; empty when it has. Called from any thread.
  std::string problem() const;

 private:
  void note(const std::string& problem);

  const std::chrono::microseconds every_;
  Time due_at_ = Time::min();
  mutable std::mutex mutex_;
  std::string problem_;
};

}  // namespace pawl::storage
