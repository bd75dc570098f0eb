// Keeps the archive's partitions ahead of time while a worker runs for months.
#pragma once

#include <chrono>

#include "storage/postgres_connection.h"

namespace pawl::storage {

/// Used by one thread.
class ArchiveCare {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit ArchiveCare(std::chrono::microseconds every) : every_(every) {}

  /// Throws what the connection throws, so that a start shows what a turn keeps to itself.
  static void create_coming_partitions(PostgresConnection& connection);

  /// Creates the coming partitions if it is time. Never throws an engine::Error: without a partition of their own, rows
  /// go to the default one, and the next time moves them.
  void turn(PostgresConnection& connection, Time now);

 private:
  std::chrono::microseconds every_;
  Time due_at_ = Time::min();
};

}  // namespace pawl::storage
