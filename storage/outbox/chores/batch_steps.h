// The worker's share of batches: a small step of each that is running, at its rate.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

#include "storage/postgres/connection.h"

namespace pawl::storage {

/// Used by one thread, but for `problem`. While no batch runs it looks once a second, and writes nothing.
class BatchSteps {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Duration = std::chrono::microseconds;

  /// Makes no step. Throws engine::RefusedError where the function is missing, or denied to this role.
  static void check_access(PostgresConnection& connection);

  /// A step under the epoch if it is time; nothing where that is over. Never throws an engine::Error: what could not be
  /// done is done at a later turn.
  void turn(PostgresConnection& connection, std::int64_t epoch, Time now);
  /// Somebody rang: perhaps since there is a batch.
  void look_soon() { due_at_ = Time::min(); }
  /// Whether some batch is running, as last seen.
  bool running() const { return running_; }
  /// How long to wait for events, which is not past the next step of what is running.
  Duration wait(Duration at_most, Time now) const;

  /// Why the last step failed, or that of which batch; empty when none did. Called from any thread.
  std::string problem() const;

 private:
  void note(const std::string& problem);

  Time due_at_ = Time::min();
  bool running_ = false;
  mutable std::mutex mutex_;
  std::string problem_;
};

}  // namespace pawl::storage
