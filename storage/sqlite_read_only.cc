// A read-only SQLite connection, on media that cannot be written too.
#include "storage/sqlite_read_only.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <array>
#include <cstdio>
#include <cstdlib>

#include "engine/errors.h"
#include "storage/sqlite_errors.h"
#include "storage/sqlite_file.h"
#include "storage/sqlite_migrator.h"

namespace pawl::storage {

namespace {

constexpr int kBusyMilliseconds = 5000;

// Asks something of the file, since opening alone does not touch it.
std::unique_ptr<SQLite::Database> connect(const std::string& name, int flags) {
  auto database = std::make_unique<SQLite::Database>(name, SQLite::OPEN_READONLY | flags, kBusyMilliseconds);
  sqlite3_db_config(database->getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  database->execAndGet("select count(*) from sqlite_schema");
  return database;
}

std::string immutable_uri(const std::string& path) {
  std::string uri = "file:";
  for (const char c : path) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) || c == '/' || c == '-' || c == '_' || c == '.';
    std::array<char, 4> escaped{};
    std::snprintf(escaped.data(), escaped.size(), "%%%02X", static_cast<unsigned char>(c));
    uri += plain ? std::string(1, c) : escaped.data();
  }
  return uri + "?immutable=1";
}

// Reading in WAL mode needs the -shm file beside it. Where that cannot be made (a backup on a read-only disk) and no
// -wal holds newer pages, nobody can be writing, and the file alone is the whole store.
std::unique_ptr<SQLite::Database> connect_anywhere(const std::string& path) try {
  return connect(path, 0);
} catch (const SQLite::Exception& error) {
  const bool cannot = error.getErrorCode() == SQLITE_CANTOPEN || error.getErrorCode() == SQLITE_READONLY;
  if (!cannot || identity_of(path + "-wal")) throw;
  return connect(immutable_uri(path), SQLite::OPEN_URI);
}

// The check lists a page that the disk did not give among what it finds wrong, in these words.
bool says_unread(const std::string& finding) {
  const std::string code = "error code=";
  const auto at = finding.find(code);
  if (at != std::string::npos) return (std::atoi(finding.c_str() + at + code.size()) & 0xff) == SQLITE_IOERR;
  return finding.find("failed to get page") != std::string::npos;
}

}  // namespace

std::unique_ptr<SQLite::Database> open_read_only(const std::string& path) {
  if (!identity_of(path))
    throw engine::RefusedError("open checkpoints " + path + ": no such file; set PAWL_CHECKPOINTS to the worker's, " +
                               "which makes it when it first runs");
  auto database = connect_anywhere(path);
  const std::int64_t id = database->execAndGet("pragma application_id").getInt64();
  if (id != kApplicationId)
    throw engine::RefusedError("open checkpoints " + path + ": it is no checkpoint file of pawl's; check " +
                               "PAWL_CHECKPOINTS");
  require_known_migrations(*database, path);
  return database;
}

void verify_store(const std::string& path) {
  const auto database = open_read_only(path);
  const std::string finding = database->execAndGet("pragma quick_check(1)").getString();
  if (says_unread(finding))
    throw engine::UnavailableError("verify checkpoints " + path + ": " + finding +
                                   "; a page could not be read: the file is verified again before its next use");
  if (finding != "ok") refuse_corrupt(path, finding);
}

}  // namespace pawl::storage
