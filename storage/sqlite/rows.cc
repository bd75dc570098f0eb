// Writes the text of a statement for any number of rows.
#include "storage/sqlite/rows.h"

#include <algorithm>

namespace pawl::storage {

namespace {

std::string repeated(const std::string& part, std::size_t times) {
  std::string list = part;
  for (std::size_t i = 1; i < times; ++i) list += "," + part;
  return list;
}

}  // namespace

SqliteRows::SqliteRows(SQLite::Database& database, const Text& sql)
    : by_size_{Sized{kMost, {database, sql(kMost).c_str()}}, Sized{8, {database, sql(8).c_str()}},
               Sized{1, {database, sql(1).c_str()}}} {}

SqliteRows::Sized& SqliteRows::fit(std::size_t rows) {
  return *std::find_if(by_size_.begin(), by_size_.end(), [rows](const Sized& sized) { return sized.rows <= rows; });
}

// Before a statement that may fail halfway SQLite keeps a copy of each page to take its rows back. `or fail` lets it do
// without: here the transaction is taken back as a whole.
SqliteRows::Text insert_into(std::string into) {
  return [into = std::move(into)](std::size_t rows) {
    const auto columns = static_cast<std::size_t>(1 + std::count(into.begin(), into.end(), ','));
    return "insert or fail into " + into + " values " + repeated("(" + repeated("?", columns) + ")", rows) +
           " on conflict do nothing";
  };
}

}  // namespace pawl::storage
