// The copy is nobody's until it has its name: it needs no journal, and no sync but the last.
#include "storage/copies/checkpoint_copy.h"

#include <SQLiteCpp/Backup.h>
#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <chrono>
#include <filesystem>
#include <unordered_map>
#include <unordered_set>

#include "engine/authoring/clock.h"
#include "storage/checkpoints/migrator.h"
#include "storage/checkpoints/read_only.h"
#include "storage/copies/unfinished_file.h"
#include "storage/sqlite/errors.h"
#include "storage/sqlite/place.h"
#include "storage/sqlite/statement.h"

namespace pawl::storage {

namespace {

using Redacted = std::function<std::string(const std::string&)>;

// Whatever text a table has is redacted, those of columns that come later too, unless it is a name that replay goes by.
constexpr const char* kTextColumns = R"(
  select t.name, c.name from sqlite_schema t join pragma_table_info(t.name) c
  where t.type = 'table' and t.name not in ('store', 'migrations', 'builds') and t.name not like 'sqlite_%'
    and c.type = 'TEXT'
    and c.name not in ('run_id', 'further_run_of', 'parent', 'effects_of', 'stands_for', 'workflow', 'step',
                       'failed_step', 'from_step', 'type', 'status', 'resumable'))";
constexpr const char* kTablesOfRuns = R"(
  select t.name from sqlite_schema t join pragma_table_info(t.name) c
  where t.type = 'table' and c.name = 'run')";

std::string quoted(const std::string& name) { return '"' + name + '"'; }

bool is_key(const std::string& column) { return column == "key" || column == "failed_key"; }

// Items stay apart whose keys become equal: the later ones are numbered, the same one alike in all tables.
class KeyMask {
 public:
  explicit KeyMask(const Redacted& redacted) : redacted_(redacted) {}
  std::string masked(const std::string& key) {
    const auto known = known_.find(key);
    if (known != known_.end()) return known->second;
    const std::string plain = redacted_(key);
    std::string name = plain;
    for (int number = 2; !taken_.insert(name).second; ++number) name = plain + " (" + std::to_string(number) + ")";
    return known_[key] = name;
  }

 private:
  const Redacted& redacted_;
  std::unordered_map<std::string, std::string> known_;
  std::unordered_set<std::string> taken_;
};

// What redacting throws becomes an error of the statement.
void redact_value(sqlite3_context* context, int, sqlite3_value** values) {
  const auto& redacted = *static_cast<const Redacted*>(sqlite3_user_data(context));
  if (sqlite3_value_type(values[0]) == SQLITE_NULL) return sqlite3_result_null(context);
  try {
    const unsigned char* bytes = sqlite3_value_text(values[0]);
    const auto size = static_cast<std::size_t>(sqlite3_value_bytes(values[0]));
    const std::string text = redacted({reinterpret_cast<const char*>(bytes), size});
    sqlite3_result_text(context, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
  } catch (const std::exception& error) {
    sqlite3_result_error(context, error.what(), -1);
  }
}

void keep_only(SQLite::Database& copy, const CopiedRuns& runs) {
  copy.exec("create temp table kept (run integer primary key)");
  if (!runs.run_ids.empty()) {
    SqliteStatement keep(copy, "insert or ignore into kept select run from runs where run_id = ?");
    for (const std::string& id : runs.run_ids) keep.exec(id);
  } else {
    const auto now = std::chrono::time_point_cast<engine::Duration>(std::chrono::system_clock::now());
    SqliteStatement(copy, "insert into kept select run from runs where ended_at >= ? or ended_at is null")
        .exec(now - std::chrono::seconds(runs.since_seconds));
  }
  std::vector<std::string> tables;
  for (SqliteStatement table(copy, kTablesOfRuns); table.next();) tables.push_back(table.text(0));
  for (const std::string& table : tables)
    copy.exec("delete from main." + quoted(table) + " where run not in (select run from kept)");
}

void add_function(SQLite::Database& copy, const char* name, const Redacted& redacted) {
  sqlite3_create_function_v2(copy.getHandle(), name, 1, SQLITE_UTF8 | SQLITE_DIRECTONLY,
                             const_cast<Redacted*>(&redacted), redact_value, nullptr, nullptr, nullptr);
}

// A masked key may be the one that another row still has, so that all are first moved to where none was.
void redact(SQLite::Database& copy, const Redacted& redacted) {
  KeyMask keys(redacted);
  const Redacted masked = [&keys](const std::string& key) { return key.empty() ? key : '\1' + keys.masked(key); };
  add_function(copy, "redacted", redacted);
  add_function(copy, "masked_key", masked);
  std::vector<std::string> updates;
  for (SqliteStatement column(copy, kTextColumns); column.next();) {
    const std::string name = quoted(column.text(1));
    const std::string update = "update main." + quoted(column.text(0)) + " set " + name + " = ";
    if (!is_key(column.text(1))) {
      updates.push_back(update + "redacted(" + name + ")");
      continue;
    }
    updates.push_back(update + "masked_key(" + name + ")");
    updates.push_back(update + "substr(" + name + ", 2)");
  }
  for (const std::string& update : updates) copy.exec(update);
  for (const char* name : {"redacted", "masked_key"})
    sqlite3_create_function_v2(copy.getHandle(), name, 1, SQLITE_UTF8, nullptr, nullptr, nullptr, nullptr, nullptr);
}

std::size_t reduce(const std::string& path, const CopiedRuns& runs, const Redacted& redacted) {
  SQLite::Database copy(path, SQLite::OPEN_READWRITE);
  copy.exec("pragma journal_mode = delete");  // a copy has no -wal: it is one file
  copy.exec("pragma journal_mode = off");
  copy.exec("pragma synchronous = off");
  copy.exec("pragma foreign_keys = off");
  {
    SQLite::Transaction transaction(copy);
    if (!runs.run_ids.empty() || runs.since_seconds > 0) keep_only(copy, runs);
    if (redacted) redact(copy, redacted);
    transaction.commit();
  }
  copy.exec("vacuum");  // what was deleted or replaced is no more in the file
  return static_cast<std::size_t>(copy.execAndGet("select count(*) from runs").getInt64());
}

std::unique_ptr<SQLite::Database> open_source(const std::string& source) try {
  auto store = open_read_only(source);
  require_all_migrations(*store, source);
  return store;
} catch (const SQLite::Exception& error) {
  throw_translated(error, "read checkpoints", source);
}

void back_up(const std::string& source, const std::string& path) {
  const auto store = open_source(source);
  SQLite::Database copy(path, SQLite::OPEN_READWRITE);
  SQLite::Backup backup(copy, *store);
  // all pages at once are of one moment; a worker that writes would make parts of it begin anew
  const int result = backup.executeStep(-1);
  if (result != SQLITE_DONE) throw SQLite::Exception(copy.getHandle(), result);
}

}  // namespace

CheckpointCopy copy_checkpoints(const std::string& source, const std::string& target, const CopiedRuns& runs,
                                const Redacted& redacted) {
  const std::string path = real_path(source);
  UnfinishedFile file(target);
  CheckpointCopy copy;
  try {
    back_up(path, file.path());
    copy.runs = reduce(file.path(), runs, redacted);
  } catch (const SQLite::Exception& error) {
    throw_translated(error, "copy checkpoints " + path + " to", target);
  }
  copy.bytes = std::filesystem::file_size(file.path());
  file.publish();
  return copy;
}

}  // namespace pawl::storage
