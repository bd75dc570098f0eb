// Writes rows of one table, many by one statement.
#pragma once

#include <array>
#include <functional>
#include <string>
#include <vector>

#include "storage/sqlite/statement.h"

namespace pawl::storage {

/// A statement for each of a few numbers of rows, prepared once a connection. One that fails throws SQLite::Exception
/// and leaves the rows before the failure written: the caller's transaction has to be rolled back.
class SqliteRows {
 public:
  /// Rows to gather for a statement: the most that one takes.
  static constexpr std::size_t kMost = 32;

  using Text = std::function<std::string(std::size_t rows)>;
  SqliteRows(SQLite::Database& database, const Text& sql);

  /// Writes a row a record, in their order; returns how many changed. `bind(statement, record)` adds the values of one
  /// row, which have to live until this returns.
  template <class Record, class Bind>
  int write(const std::vector<const Record*>& records, Bind bind) {
    int changed = 0;
    for (std::size_t done = 0; done < records.size();) {
      Sized& fitting = fit(records.size() - done);
      fitting.statement.start();
      for (const std::size_t end = done + fitting.rows; done < end; ++done) bind(fitting.statement, *records[done]);
      changed += fitting.statement.finish();
    }
    return changed;
  }

 private:
  struct Sized {
    std::size_t rows;
    SqliteStatement statement;
  };

  Sized& fit(std::size_t rows);

  std::array<Sized, 3> by_size_;  ///< The largest first.
};

/// Inserts rows; one whose key is there, or came before among the same rows, is left out. `into` is the table with its
/// columns in parentheses.
SqliteRows::Text insert_into(std::string into);

}  // namespace pawl::storage
