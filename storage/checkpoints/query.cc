// An authorizer lets through what reads; the connection could not write anyway.
#include "storage/checkpoints/query.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "engine/authoring/errors.h"

namespace pawl::storage {

namespace {

constexpr std::size_t kAnswerSizeMax = 256 * 1024 * 1024;

using Statement = std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)>;

bool reading_pragma(std::string_view name) {
  constexpr std::array<std::string_view, 10> kReading = {
      "application_id", "compile_options", "foreign_key_list", "index_info",      "index_list",
      "page_count",     "quick_check",     "table_info",       "integrity_check", "table_list"};
  return std::find(kReading.begin(), kReading.end(), name) != kReading.end();
}

int authorize(void*, int action, const char* name, const char*, const char*, const char*) {
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_FUNCTION:
    case SQLITE_RECURSIVE:
      return SQLITE_OK;
    case SQLITE_PRAGMA:
      return reading_pragma(name) ? SQLITE_OK : SQLITE_DENY;
    default:  // writes, schema changes, transactions, ATTACH, which would create files
      return SQLITE_DENY;
  }
}

// Only while a typed statement is prepared: SQLite's own use of the connection needs more.
class OnlyReading {
 public:
  explicit OnlyReading(sqlite3* handle) : handle_(handle) { sqlite3_set_authorizer(handle_, authorize, nullptr); }
  ~OnlyReading() { sqlite3_set_authorizer(handle_, nullptr, nullptr); }
  OnlyReading(const OnlyReading&) = delete;
  OnlyReading& operator=(const OnlyReading&) = delete;

 private:
  sqlite3* handle_;
};

[[noreturn]] void refuse_write() {
  throw engine::RefusedError("query checkpoints: this only reads; one SELECT, WITH or EXPLAIN is what it takes");
}

// Of a view and of its own tables SQLite says that they take no write, before it asks the authorizer.
bool tells_of_write(std::string_view message) {
  return message.starts_with("cannot modify ") || message.ends_with(" may not be modified");
}

[[noreturn]] void throw_message(sqlite3* handle, int result) {
  const std::string message = sqlite3_errmsg(handle);
  if (result == SQLITE_AUTH || tells_of_write(message)) refuse_write();
  throw engine::Error("query checkpoints: " + message);
}

Statement prepare(sqlite3* handle, const char* sql, const char** tail) {
  sqlite3_stmt* statement = nullptr;
  const int result = sqlite3_prepare_v2(handle, sql, -1, &statement, tail);
  if (result != SQLITE_OK) throw_message(handle, result);
  return {statement, sqlite3_finalize};
}

Statement prepare_only(sqlite3* handle, const std::string& sql) {
  const OnlyReading only_reading(handle);
  const char* rest = sql.c_str();
  Statement only = prepare(handle, rest, &rest);
  if (!only) throw engine::Error("query checkpoints: no query was given; `select * from v1_runs` is one");
  if (!sqlite3_stmt_readonly(only.get())) refuse_write();  // VACUUM INTO, of which the authorizer is not asked
  while (*rest)                                            // comments and stray semicolons compile to nothing
    if (prepare(handle, rest, &rest)) throw engine::Error("query checkpoints: one statement at a time");
  return only;
}

std::optional<std::string> column_text(sqlite3_stmt* statement, int column) {
  const unsigned char* text = sqlite3_column_text(statement, column);
  if (!text) return std::nullopt;
  return std::string(reinterpret_cast<const char*>(text),
                     static_cast<std::size_t>(sqlite3_column_bytes(statement, column)));
}

}  // namespace

CheckpointReader::Rows query_read_only(SQLite::Database& database, const std::string& sql) {
  sqlite3* const handle = database.getHandle();
  const Statement statement = prepare_only(handle, sql);
  const int width = sqlite3_column_count(statement.get());
  CheckpointReader::Rows rows;
  for (int i = 0; i < width; ++i) rows.columns.emplace_back(sqlite3_column_name(statement.get(), i));
  int result = 0;
  std::size_t size = 0;
  while ((result = sqlite3_step(statement.get())) == SQLITE_ROW) {
    auto& row = rows.rows.emplace_back();
    auto& is_number = rows.is_number.emplace_back();
    for (int i = 0; i < width; ++i) {
      const int type = sqlite3_column_type(statement.get(), i);
      is_number.push_back(type == SQLITE_INTEGER || type == SQLITE_FLOAT);
      row.push_back(column_text(statement.get(), i));
      size += sizeof(row.back()) + (row.back() ? row.back()->size() : 0);
    }
    if (size > kAnswerSizeMax)
      throw engine::Error("query checkpoints: the answer has more than 256 MiB; ask for less, as by a limit");
  }
  if (result != SQLITE_DONE) throw_message(handle, result);
  return rows;
}

}  // namespace pawl::storage
