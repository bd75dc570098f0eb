// Writes the text of a statement for any number of rows.
#include "storage/sqlite_rows.h"

#include <algorithm>

namespace pawl::storage {

namespace {

// Before a statement that may fail halfway SQLite keeps a copy of each page to take its rows back. `or fail` lets it do
// without: here the transaction is taken back as a whole.
std::string insert_rows(const std::string& into, std::size_t rows) {
  std::string row = "(?";
  for (const char c : into)
    if (c == ',') row += ",?";
  row += ")";
  std::string sql = "insert or fail into " + into + " values " + row;
  for (std::size_t i = 1; i < rows; ++i) sql += "," + row;
  return sql + " on conflict do nothing";
}

}  // namespace

SqliteRows::SqliteRows(SQLite::Database& database, const std::string& into)
    : by_size_{Sized{kMost, {database, insert_rows(into, kMost).c_str()}},
               Sized{8, {database, insert_rows(into, 8).c_str()}}, Sized{1, {database, insert_rows(into, 1).c_str()}}} {
}

SqliteRows::Sized& SqliteRows::fit(std::size_t rows) {
  return *std::find_if(by_size_.begin(), by_size_.end(), [rows](const Sized& sized) { return sized.rows <= rows; });
}

}  // namespace pawl::storage
