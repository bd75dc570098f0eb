// Keeps archived events, their mails and what was asked for them for a stated time, while a worker runs.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/authoring/clock.h"
#include "storage/postgres/connection.h"

namespace pawl::storage {

/// How many rows of what was removed, by the names of pawl.retained; `archived months` are partitions of the archive.
using Pruned = std::map<std::string, std::int64_t>;

/// What pawl.prunable() says.
struct Prunable {
  std::string name;  ///< `failed events` are those that stay.
  std::int64_t rows = 0;
  std::optional<std::int64_t> bytes{};  ///< That the disk gets back, where that is known.
};

/// What is older than `keep` and would go. Changes nothing.
std::vector<Prunable> prunable(const PostgresAddress& address, std::chrono::microseconds keep);
/// Removes it in small steps, beside a worker that may do the same; returns how much of each. Throws what a
/// connection throws: what was removed until then stays so.
Pruned prune_all(const PostgresAddress& address, std::chrono::microseconds keep);
/// The time as Postgres has it.
engine::Timestamp postgres_time(const PostgresAddress& address);

/// Never removes what belongs to an event that is not finished, or that has failed and was not dismissed. `turn` is one
/// thread's, the others are any's.
class ArchiveRetention {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// Keeps for `keep` (0: for ever), and looks for what is older every so often.
  ArchiveRetention(std::chrono::microseconds keep, std::chrono::microseconds every) : keep_(keep), every_(every) {}

  /// Removes nothing, and runs what a step runs. Throws engine::RefusedError where one of its functions fails, is
  /// missing, or is denied to this role.
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
