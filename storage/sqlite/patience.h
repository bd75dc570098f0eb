// The time that statements on a checkpoint file may take.
#pragma once

#include <chrono>
#include <string>

#include "engine/authoring/errors.h"

namespace SQLite {
class Database;
}

namespace pawl::storage {

/// A statement was interrupted since its time was over.
class SqliteTookTooLong : public engine::Error {
  using Error::Error;
};

/// Interrupts what runs on a connection once its time is over. Outlives the statements of the connection, which is used
/// by one thread at a time.
class SqlitePatience {
 public:
  explicit SqlitePatience(std::chrono::milliseconds at_most) : at_most_(at_most) {}
  SqlitePatience(const SqlitePatience&) = delete;

  void watch(SQLite::Database& database);
  /// The time counts from here.
  void begin() { ends_at_ = Clock::now() + at_most_; }
  /// Throws SqliteTookTooLong if it was that which interrupted the statement.
  void require_time_left(const std::string& operation) const;

 private:
  using Clock = std::chrono::steady_clock;
  static int on_progress(void* self);

  const std::chrono::milliseconds at_most_;
  Clock::time_point ends_at_;
};

}  // namespace pawl::storage
