// A read-only SQLite connection, on media that cannot be written too.
#include "storage/checkpoints/read_only.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "engine/authoring/errors.h"
#include "storage/checkpoints/migrator.h"
#include "storage/checkpoints/schema.h"
#include "storage/sqlite/errors.h"
#include "storage/sqlite/file.h"
#include "storage/sqlite/place.h"

namespace pawl::storage {

namespace {

constexpr int kReaderBusyMilliseconds = 5000;
constexpr int kValueSizeMax = 64 * 1024 * 1024;

void distrust(sqlite3* handle) {
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, kValueSizeMax);
  sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0);
  sqlite3_limit(handle, SQLITE_LIMIT_TRIGGER_DEPTH, 10);
}

// Asks something of the file, since opening alone does not touch it.
std::unique_ptr<SQLite::Database> connect(const std::string& name, int flags) {
  auto database = std::make_unique<SQLite::Database>(name, SQLite::OPEN_READONLY | flags, kReaderBusyMilliseconds);
  sqlite3_db_config(database->getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  distrust(database->getHandle());
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

void verify_once(const std::string& path) try {
  const auto database = open_read_only(path);
  const std::string finding = database->execAndGet("pragma quick_check(1)").getString();
  if (finding != "ok") refuse_corrupt(path, finding);
} catch (const SQLite::Exception& error) {
  throw_translated(error, "verify checkpoints", path);
}

// SQLite says of a file that it may not open no more than that it could not.
void require_access(const std::string& path) {
  std::error_code hidden;  // from this user: `access` says why
  const auto found = std::filesystem::status(path, hidden);
  if (found.type() != std::filesystem::file_type::none && !std::filesystem::is_regular_file(found))
    throw engine::RefusedError("open checkpoints " + path + ": it is no regular file; name the file itself");
  if (access(path.c_str(), R_OK) == 0) return;
  throw engine::RefusedError("open checkpoints " + path + ": cannot read it: " + std::strerror(errno) +
                             "; make it readable for this user");
}

void require_readable(const std::string& path) {
  std::array<char, 65536> bytes{};
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  ssize_t got = file < 0 ? -1 : 1;
  for (off_t at = 0; got > 0; at += got) got = pread(file, bytes.data(), bytes.size(), at);
  const int reason = errno;
  if (file >= 0) close(file);
  if (got < 0)
    throw engine::UnavailableError("verify checkpoints " + path + ": it cannot be read: " + std::strerror(reason) +
                                   "; it is verified again before its next use");
}

}  // namespace

std::unique_ptr<SQLite::Database> open_read_only(const std::string& path) {
  if (!identity_of(path))
    throw engine::RefusedError("open checkpoints " + path + ": no such file; set PAWL_CHECKPOINTS to the worker's, " +
                               "which makes it when it first runs");
  require_access(path);
  require_no_journal(path);
  require_own_company(real_path(path));
  auto database = connect_anywhere(path);
  const std::int64_t id = database->execAndGet("pragma application_id").getInt64();
  if (id != kApplicationId)
    throw engine::RefusedError("open checkpoints " + path + ": it is no checkpoint file of pawl's; check " +
                               "PAWL_CHECKPOINTS");
  require_own_schema(*database, path);
  return database;
}

// SQLite takes a read that failed for damage in more than one place. So damage counts when the whole file can be read
// and the damage is found again.
void verify_store(const std::string& path) {
  try {
    return verify_once(path);
  } catch (const engine::RefusedError&) {  // looked at once more below
  }
  require_readable(path);
  if (identity_of(path + "-wal")) require_readable(path + "-wal");
  verify_once(path);
}

}  // namespace pawl::storage
