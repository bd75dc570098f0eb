// A prepared SQLite statement that is kept and used again.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "engine/authoring/clock.h"

namespace SQLite {
class Database;
class Statement;
}  // namespace SQLite

namespace pawl::storage {

/// Members throw SQLite::Exception, which the adapters translate at their edge. Text is bound without a copy: what is
/// given to `start` or `add` must live until the statement is done. Columns and parameters of `start` count from 0.
class SqliteStatement {
 public:
  SqliteStatement(SQLite::Database& database, const char* sql);
  ~SqliteStatement();

  /// Runs a statement that returns no rows; returns how many rows it changed.
  template <class... Values>
  int exec(const Values&... values) {
    start(values...);
    return finish();
  }

  /// Binds the values and makes the statement ready for `next`.
  template <class... Values>
  void start(const Values&... values) {
    rewind();
    bound_ = 0;
    add(values...);
  }

  /// Binds the parameters that follow those bound since `start`.
  template <class... Values>
  void add(const Values&... values) {
    (bind(++bound_, values), ...);
  }

  /// As `exec`, for what was bound.
  int finish();

  /// Moves to the next row. False after the last one: then the statement holds no snapshot any more.
  bool next();
  /// Drops the rows that were not fetched.
  void rewind() noexcept;

  std::int64_t integer(int column) const;
  std::string text(int column) const;
  engine::Timestamp time(int column) const;

 private:
  void bind(int index, std::int64_t value);
  void bind(int index, int value) { bind(index, std::int64_t{value}); }
  void bind(int index, const std::string& value);
  void bind(int index, const char* value);
  void bind(int index, engine::Timestamp value) { bind(index, std::int64_t{value.time_since_epoch().count()}); }

  std::unique_ptr<SQLite::Statement> statement_;
  int bound_ = 0;
};

}  // namespace pawl::storage
