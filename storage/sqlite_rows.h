// Inserts rows of one table, many by one statement.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "storage/sqlite_statement.h"

namespace pawl::storage {

/// A statement for each of a few numbers of rows, prepared once a connection. A row whose key is there, or came before
/// among the same rows, is left out. Any other failure throws SQLite::Exception and leaves the rows before it inserted:
/// the caller's transaction has to be rolled back.
class SqliteRows {
 public:
  /// Rows to gather for an insertion: the most that one statement takes.
  static constexpr std::size_t kMost = 32;

  /// `into` is the table with its columns in parentheses.
  SqliteRows(SQLite::Database& database, const std::string& into);

  /// Inserts a row a record in their order; returns how many were not there. `bind(statement, record)` adds the values
  /// of one row, which have to live until this returns.
  template <class Record, class Bind>
  int insert(const std::vector<const Record*>& records, Bind bind) {
    int inserted = 0;
    for (std::size_t done = 0; done < records.size();) {
      Sized& fitting = fit(records.size() - done);
      fitting.statement.start();
      for (const std::size_t end = done + fitting.rows; done < end; ++done) bind(fitting.statement, *records[done]);
      inserted += fitting.statement.finish();
    }
    return inserted;
  }

 private:
  struct Sized {
    std::size_t rows;
    SqliteStatement statement;
  };

  Sized& fit(std::size_t rows);

  std::array<Sized, 3> by_size_;  ///< The largest first.
};

}  // namespace pawl::storage
