// Compares with a schema made anew in memory.
#include "storage/checkpoints/schema.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <cctype>
#include <map>

#include "engine/authoring/errors.h"
#include "storage/checkpoints/migrator.h"
#include "storage/sqlite/file.h"

namespace pawl::storage {

namespace {

// The text by which each object was made, by `table runs` and the like; in lower case, its white space in one form.
using Schema = std::map<std::string, std::string>;

std::string plain(const std::string& sql) {
  std::string text;
  for (const char c : sql)
    if (!std::isspace(static_cast<unsigned char>(c)))
      text += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    else if (!text.empty() && text.back() != ' ')
      text += ' ';
  return text;
}

Schema schema_of(SQLite::Database& database) {
  Schema schema;
  SQLite::Statement objects(database, "select type || ' ' || name, coalesce(sql, '') from sqlite_schema");
  while (objects.executeStep()) schema[objects.getColumn(0).getString()] = plain(objects.getColumn(1).getString());
  return schema;
}

Schema schema_after(int last) {
  SQLite::Database fresh(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  create_schema(fresh, last);
  return schema_of(fresh);
}

[[noreturn]] void refuse(const std::string& path, const std::string& what) {
  refuse_checkpoints(path, what + "; it was left as it is: see where it comes from, or give another PAWL_CHECKPOINTS");
}

void require_same(const Schema& own, const Schema& found, const std::string& path) {
  for (const auto& [object, sql] : own) {
    const auto same = found.find(object);
    if (same == found.end()) refuse(path, "its " + object + " is missing");
    if (same->second != sql) refuse(path, "its " + object + " is not the one that pawl makes");
  }
}

}  // namespace

void require_own_schema(SQLite::Database& database, const std::string& path) {
  const Schema found = schema_of(database);
  for (const auto& [object, _] : found)
    if (object.starts_with("trigger ")) refuse(path, "it has a " + object + ", and pawl makes none");
  require_same(schema_after(0), found, path);  // the table of migrations may be read now
  require_known_migrations(database, path);
  const int last = database.execAndGet("select coalesce(max(number), 0) from migrations").getInt();
  require_same(schema_after(last), found, path);
}

}  // namespace pawl::storage
