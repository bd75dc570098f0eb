// Opens, configures and checkpoints through SQLiteCpp and, where it has no name for it, SQLite's own interface.
#include "storage/checkpoints/connection.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include "engine/authoring/errors.h"
#include "engine/faults/crash_point.h"
#include "storage/checkpoints/migrator.h"
#include "storage/checkpoints/read_only.h"

namespace pawl::storage {

namespace {

constexpr int kWriterBusyMilliseconds = 1000;
// In pages of 4 KiB: a checkpoint every 4 MiB, and the file cut back to nothing once it has passed 64 MiB.
constexpr int kCheckpointFrames = 1024;
constexpr int kTruncateFrames = 16 * 1024;

// Later than the first try to cut it back, which any short reader may make fail.
constexpr int kFirstWarning = kTruncateFrames + kCheckpointFrames;

int checkpoint(SQLite::Database& database, int mode) {
  engine::crash_point(engine::CrashPoint::kBeforeWalCheckpoint);
  const int result = sqlite3_wal_checkpoint_v2(database.getHandle(), nullptr, mode, nullptr, nullptr);
  engine::crash_point(engine::CrashPoint::kAfterWalCheckpoint);
  return result;
}

void require_writable(SQLite::Database& database, const std::string& path) {
  if (sqlite3_db_readonly(database.getHandle(), "main") == 1)
    throw engine::RefusedError("open checkpoints " + path +
                               ": the file is read-only for this user; make the file and " +
                               "its directory writable for it");
}

FileIdentity require_identity(const std::string& path) {
  if (const auto identity = identity_of(path)) return *identity;
  throw engine::RefusedError(
      "open checkpoints " + path +
      ": the file was deleted while in use; start the worker again: " + "unfinished events are then delivered again");
}

}  // namespace

SqliteConnection::SqliteConnection(const std::string& path)
    : path_(path), next_checkpoint_(kCheckpointFrames), next_warning_(kFirstWarning) {
  file_ = require_identity(path);
  verify_store(path);
  // one thread at a time uses it, so SQLite need not lock at each call
  database_ =
      std::make_unique<SQLite::Database>(path, SQLite::OPEN_READWRITE | SQLite::OPEN_NOMUTEX, kWriterBusyMilliseconds);
  require_writable(*database_, path);
  configure();
  apply_missing_migrations(*database_);
  records_ = std::make_unique<SqliteRecords>(*database_);
  runs_ = std::make_unique<SqliteRuns>(*database_);
}

SqliteConnection::~SqliteConnection() = default;

void SqliteConnection::configure() {
  const std::string mode = database_->execAndGet("pragma journal_mode = wal").getString();
  if (mode != "wal")
    throw engine::RefusedError("open checkpoints " + path_ + ": its file system cannot hold a WAL (journal mode " +
                               mode + "); put it on a local disk");
  database_->exec("pragma synchronous = full");
  // Looking up the run of each row anew was a tenth of a commit. SqliteRecords has seen the run of whatever it writes,
  // and prune_runs deletes what belongs to a run.
  database_->exec("pragma foreign_keys = off");
  database_->exec("pragma cache_size = -8192");
  database_->exec("pragma wal_autocheckpoint = 0");
  // What a crash or a failed fsync left in the WAL is in the file from here on, synced, whatever became of the WAL.
  const int result = checkpoint(*database_, SQLITE_CHECKPOINT_TRUNCATE);
  if (result != SQLITE_OK && result != SQLITE_BUSY) throw SQLite::Exception(database_->getHandle(), result);
  wal_ = require_identity(path_ + "-wal");
  sqlite3_wal_hook(database_->getHandle(), &SqliteConnection::on_commit, this);
}

void SqliteConnection::require_in_place() const {
  if (identity_of(path_) == file_ && identity_of(path_ + "-wal") == wal_) return;
  throw engine::RefusedError("write checkpoints to " + path_ +
                             ": the file or its -wal was deleted or replaced while in "
                             "use; start the worker again: unfinished events are then delivered again");
}

int SqliteConnection::on_commit(void* self, sqlite3*, const char*, int frames) {
  auto& connection = *static_cast<SqliteConnection*>(self);
  if (frames < connection.wal_frames_) connection.next_checkpoint_ = kCheckpointFrames;  // the WAL began anew
  connection.wal_frames_ = frames;
  return SQLITE_OK;
}

std::string SqliteConnection::checkpoint_wal() {
  if (wal_frames_ < next_checkpoint_) return held_wal();
  next_checkpoint_ = wal_frames_ + kCheckpointFrames;
  database_->setBusyTimeout(0);  // readers are never waited for: what they still need is moved next time
  const int mode = wal_frames_ < kTruncateFrames ? SQLITE_CHECKPOINT_PASSIVE : SQLITE_CHECKPOINT_TRUNCATE;
  const int result = checkpoint(*database_, mode);
  database_->setBusyTimeout(kWriterBusyMilliseconds);
  if (result != SQLITE_OK && result != SQLITE_BUSY) throw SQLite::Exception(database_->getHandle(), result);
  return held_wal();
}

std::string SqliteConnection::held_wal() {
  if (wal_frames_ >= next_warning_) {
    next_warning_ = wal_frames_ * 2;
    return "the -wal of " + path_ + " has grown to " + std::to_string(wal_frames_ / 256) +
           " MiB: a program that reads the file for long holds it; `fuser " + path_ + "` names it, ending it frees it";
  }
  if (next_warning_ == kFirstWarning || wal_frames_ >= kTruncateFrames) return {};
  next_warning_ = kFirstWarning;
  return "the -wal of " + path_ + " is no longer held and began anew";
}

void SqliteConnection::abandon() noexcept {
  sqlite3_db_config(database_->getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

}  // namespace pawl::storage
