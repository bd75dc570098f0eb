// Binds, steps and reads a prepared statement through SQLiteCpp.
#include "storage/sqlite/statement.h"

#include <SQLiteCpp/SQLiteCpp.h>

namespace pawl::storage {

SqliteStatement::SqliteStatement(SQLite::Database& database, const char* sql)
    : statement_(std::make_unique<SQLite::Statement>(database, sql)) {}

SqliteStatement::~SqliteStatement() = default;

bool SqliteStatement::next() {
  if (statement_->executeStep()) return true;
  rewind();
  return false;
}

// Not SQLite::Statement::reset, which would throw the error of the execution before once more.
void SqliteStatement::rewind() noexcept { statement_->tryReset(); }

std::int64_t SqliteStatement::integer(int column) const { return statement_->getColumn(column).getInt64(); }

std::string SqliteStatement::text(int column) const { return statement_->getColumn(column).getString(); }

engine::Timestamp SqliteStatement::time(int column) const {
  return engine::Timestamp(engine::Duration(integer(column)));
}

void SqliteStatement::bind(int index, std::int64_t value) { statement_->bind(index, value); }

void SqliteStatement::bind(int index, const std::string& value) { statement_->bindNoCopy(index, value); }

void SqliteStatement::bind(int index, const char* value) { statement_->bindNoCopy(index, value); }

int SqliteStatement::finish() {
  const int changed = statement_->exec();
  rewind();
  return changed;
}

}  // namespace pawl::storage
