// The one connection that writes the checkpoint file and checkpoints its WAL.
#pragma once

#include <memory>
#include <string>

#include "storage/checkpoints/records.h"
#include "storage/checkpoints/runs.h"
#include "storage/sqlite/file.h"

struct sqlite3;

namespace pawl::storage {

/// Opening verifies the file, brings its schema up to date and empties its WAL. The caller holds the store's lock:
/// SQLite 3.40.1 can corrupt a file that two connections write or checkpoint. Throws SQLite::Exception and
/// engine::RefusedError.
class SqliteConnection {
 public:
  explicit SqliteConnection(const std::string& path);
  ~SqliteConnection();
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;

  SQLite::Database& database() { return *database_; }
  SqliteRecords& records() { return *records_; }
  SqliteRuns& runs() { return *runs_; }

  /// Throws engine::RefusedError if the file or its WAL was deleted or replaced since they were opened.
  void require_in_place() const;

  /// Moves pages from the WAL into the file once it has grown enough; called after each transaction. A long reader
  /// makes it grow beyond that, never wait. Returns what an operator should know, mostly nothing: that the WAL has
  /// passed 68 MiB because a reader holds it, again each time it has doubled, and that it began anew.
  std::string checkpoint_wal();

  /// After an I/O error: closing must not touch the file any more.
  void abandon() noexcept;

 private:
  void configure();
  std::string held_wal();
  static int on_commit(void* self, sqlite3*, const char*, int frames);

  std::string path_;
  std::unique_ptr<SQLite::Database> database_;
  std::unique_ptr<SqliteRecords> records_;
  std::unique_ptr<SqliteRuns> runs_;
  FileIdentity file_;
  FileIdentity wal_;
  int wal_frames_ = 0;
  int next_checkpoint_;
  int next_warning_;
};

}  // namespace pawl::storage
