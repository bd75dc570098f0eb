// What lies in Postgres, as figures by workflow, for the metrics of a worker.
#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <vector>

#include "storage/postgres/connection.h"

namespace pawl::storage {

/// A row of pawl.read_gauges().
struct Gauge {
  std::string name;      ///< Such as `backlog_pending`, or `in_doubt`.
  std::string workflow;  ///< Empty: of runs whose workflow is not registered.
  double value = 0;
};

/// As last read; `read_at` is the time's beginning until then.
struct Gauges {
  std::vector<Gauge> all{};
  std::chrono::steady_clock::time_point read_at{};
};

/// Reads them from time to time while a worker runs. `turn` is one thread's, the others are any's.
class OutboxGauges {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit OutboxGauges(std::chrono::microseconds every) : every_(every) {}

  /// Reads nothing. Throws engine::RefusedError where the function is missing, or denied to this role.
  static void check_access(PostgresConnection& connection);

  /// Asks if it is time. Never throws an engine::Error: what cannot be read now is read at the next time. What takes
  /// long, to fail as well, is read the more rarely: a fiftieth of the time at most goes into it.
  void turn(PostgresConnection& connection, Time now);
  Gauges read() const;
  /// Why they could not be read, as last tried; empty: they could.
  std::string problem() const;

 private:
  const std::chrono::microseconds every_;
  Time due_at_ = Time::min();
  mutable std::mutex mutex_;
  Gauges gauges_;
  std::string problem_;
};

}  // namespace pawl::storage
