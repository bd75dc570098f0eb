// What is wrong with the application's tables, as the lines of migrations that stand on them judge it: asked of
// Postgres.
#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <vector>

#include "storage/postgres/connection.h"

namespace pawl::storage {

/// A row of pawl.problems().
struct ApplicationProblem {
  std::string kind;  ///< `trigger`, `columns`, `access` or `rows`.
  std::string text;  ///< What is wrong, and what to do.
};

/// Empty when nothing keeps events from being made, or people from being notified. Throws engine::RefusedError when the
/// role may not ask.
std::vector<ApplicationProblem> application_problems(PostgresConnection& connection);

/// Asks again from time to time while a worker runs. `turn` is one thread's, `problems` any's.
class ApplicationWatch {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit ApplicationWatch(std::chrono::microseconds every) : every_(every) {}

  /// Asks if it is time. Never throws an engine::Error: what cannot be asked now is asked at the next turn.
  void turn(PostgresConnection& connection, Time now);
  /// As last answered.
  std::vector<std::string> problems() const;

 private:
  const std::chrono::microseconds every_;
  Time due_at_ = Time::min();
  mutable std::mutex mutex_;
  std::vector<std::string> problems_;
};

}  // namespace pawl::storage
