// Drives the one connection: a group a transaction, a fresh connection after every I/O error.
#include "storage/checkpoints/sqlite_checkpoints.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <utility>

#include "engine/authoring/errors.h"
#include "engine/faults/crash_point.h"
#include "storage/checkpoints/connection.h"
#include "storage/checkpoints/migrator.h"
#include "storage/checkpoints/pruning.h"
#include "storage/sqlite/errors.h"
#include "storage/sqlite/file.h"
#include "storage/sqlite/lock.h"
#include "storage/sqlite/place.h"

namespace pawl::storage {

namespace {

// SQLite counts its memory under a lock unless it is told not to before its first use: 9,000 instructions an event.
void count_no_memory() { [[maybe_unused]] static const int told = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); }

constexpr std::size_t kManyLookUps = 8;  // what a transaction of its own costs is saved by four

std::string own_place(const std::string& path) {
  require_own_links(path);
  std::string file = real_path(path);
  require_own_place(file);
  return file;
}

void make_ready(const std::string& path) {
  if (!holds_store(path)) create_store(path);
  make_private(path);
}

}  // namespace

class SqliteCheckpoints::Store {
 public:
  Store(const std::string& path, Warn warn) : path_(own_place(path)), warn_(std::move(warn)), lock_(path_) {
    count_no_memory();
    guarded("open checkpoints", [&] {  // locked already: whoever looks at the file, or makes it, is alone with it
      make_ready(path_);
      file_ = identity_of(path_);
      return &connect();
    });
  }

  /// Runs `action` on the connection with SQLite's exceptions translated.
  template <class Action>
  auto use(const std::string& operation, Action action) {
    return guarded(operation, [&] { return action(connect()); });
  }

  /// As `use`, from one snapshot: each statement outside of a transaction takes one of its own, a third of a look-up.
  template <class Action>
  auto read(const std::string& operation, std::size_t look_ups, Action action) {
    return use(operation, [&](SqliteConnection& connection) {
      std::optional<SQLite::Transaction> snapshot;
      if (look_ups >= kManyLookUps) snapshot.emplace(connection.database());
      auto found = action(connection);
      if (snapshot) snapshot->commit();
      return found;
    });
  }

  void group_committed() {
    if (connection_) connection_->records().group_committed();
  }

  /// One transaction, as a whole or not at all.
  template <class Action>
  void write(const std::string& operation, Action action) {
    use(operation, [&](SqliteConnection& connection) {
      engine::crash_point(engine::CrashPoint::kBeforeGroupBegun);
      SQLite::Transaction transaction(connection.database(), SQLite::TransactionBehavior::IMMEDIATE);
      action(connection);
      engine::crash_point(engine::CrashPoint::kBeforeGroupCommitted);
      transaction.commit();
      engine::crash_point(engine::CrashPoint::kAfterGroupCommitted);
      return 0;
    });
    connection_->require_in_place();
    checkpoint_wal();
  }

 private:
  // After an I/O error there is none: the file is verified and opened again, but only the very file we had.
  SqliteConnection& connect() {
    if (!connection_) {
      if (identity_of(path_) != file_)
        throw engine::RefusedError("open checkpoints " + path_ +
                                   " again: the file was deleted or replaced while in use; start the worker again");
      connection_ = std::make_unique<SqliteConnection>(path_);
    }
    return *connection_;
  }

  template <class Action>
  std::invoke_result_t<Action> guarded(const std::string& operation, Action action) try {
    return action();
  } catch (const SQLite::Exception& error) {
    drop_if_poisoned(error);
    // Whether it is damage, or a read that failed, is seen when the file is verified: before its next use.
    if (reports_damage(error))
      throw engine::UnavailableError(operation + " " + path_ + ": " + error.what() + "; the file is verified next");
    throw_translated(error, operation, path_);
  }

  // The transaction before it is durable: a failure here concerns the next one, which begins with a fresh connection.
  void checkpoint_wal() try {
    const std::string warning = connection_->checkpoint_wal();
    if (warn_ && !warning.empty()) warn_(warning);
  } catch (const SQLite::Exception& error) {
    drop_if_poisoned(error);
  }

  void drop_if_poisoned(const SQLite::Exception& error) {
    if (!connection_ || !poisons_connection(error)) return;
    connection_->abandon();
    connection_.reset();
  }

  std::string path_;
  Warn warn_;
  SqliteLock lock_;
  std::optional<FileIdentity> file_;
  std::unique_ptr<SqliteConnection> connection_;
};

SqliteCheckpoints::SqliteCheckpoints(const std::string& path, Warn warn)
    : store_(std::make_unique<Store>(path, std::move(warn))) {}

SqliteCheckpoints::~SqliteCheckpoints() = default;

// Once a build: a worker that starts again writes nothing.
void SqliteCheckpoints::record_build(const std::string& build) {
  store_->use("write the build to", [&](SqliteConnection& connection) {
    return SqliteStatement(connection.database(),
                           "insert or replace into builds (first_run, build, since) "
                           "select max(last_run, (select coalesce(max(run), 0) from runs)) + 1, ?1, "
                           "cast(strftime('%s', 'now') as integer) * 1000000 from store "
                           "where ?1 is not (select build from builds order by first_run desc limit 1)")
        .exec(build);
  });
}

engine::Recovered SqliteCheckpoints::recover() {
  return store_->use("recover checkpoints of", [](SqliteConnection& connection) {
    engine::Recovered recovered;
    SqliteStatement store(
        connection.database(),
        "select store_id, max(last_run, (select coalesce(max(run), 0) from runs)) + 1, lost_to from store");
    store.start();
    store.next();
    recovered.store_id = store.text(0);
    recovered.next_run = store.integer(1);
    recovered.lost_to = store.integer(2);
    SqliteStatement unfinished(
        connection.database(),
        "select run, run_id, workflow, status = 'waiting', coalesce(wake_at, 0), position from runs "
        "where ended_at is null order by run");
    unfinished.start();
    while (unfinished.next())
      recovered.unfinished.push_back({unfinished.integer(0), unfinished.text(1), unfinished.text(2),
                                      unfinished.integer(3) != 0, unfinished.time(4), unfinished.integer(5)});
    return recovered;
  });
}

void SqliteCheckpoints::commit(std::span<const engine::Checkpoint> group) {
  if (group.empty()) return;
  store_->write("write checkpoints to", [&](SqliteConnection& connection) { connection.records().write_group(group); });
  store_->group_committed();
}

void SqliteCheckpoints::give_way(std::int64_t lost_to) {
  store_->write("write checkpoints to", [&](SqliteConnection& connection) {
    SqliteStatement(connection.database(), "update store set lost_to = ?").exec(lost_to);
  });
}

std::vector<engine::StoredRun> SqliteCheckpoints::find(std::span<const std::string> run_ids) {
  return store_->read("find runs in", run_ids.size(), [&](SqliteConnection& connection) {
    std::vector<engine::StoredRun> found;
    for (const std::string& id : run_ids)
      if (auto run = connection.runs().by_id(id)) found.push_back(std::move(*run));
    return found;
  });
}

std::vector<engine::StoredRun> SqliteCheckpoints::load(std::span<const engine::RunNumber> runs) {
  return store_->read("load runs from", runs.size(), [&](SqliteConnection& connection) {
    std::vector<engine::StoredRun> found;
    for (const engine::RunNumber number : runs)
      if (auto run = connection.runs().by_number(number)) found.push_back(std::move(*run));
    return found;
  });
}

std::size_t SqliteCheckpoints::prune(engine::Timestamp ended_before, std::size_t limit) {
  std::vector<engine::RunNumber> pruned;
  store_->write("prune runs from", [&](SqliteConnection& connection) {
    pruned = prune_runs(connection.database(), ended_before, limit);
    for (const engine::RunNumber run : pruned) connection.records().forget(run);
  });
  return pruned.size();
}

std::vector<engine::FailedRun> SqliteCheckpoints::failed(engine::Timestamp ended_before, engine::RunNumber above,
                                                         std::size_t limit) {
  return store_->use("look for failed runs in", [&](SqliteConnection& connection) {
    return find_failed_runs(connection.database(), ended_before, above, limit);
  });
}

std::size_t SqliteCheckpoints::forget(std::span<const engine::RunNumber> failed) {
  std::vector<engine::RunNumber> forgotten;
  store_->write("prune", [&](SqliteConnection& connection) {
    forgotten = forget_failed_runs(connection.database(), failed);
    for (const engine::RunNumber run : forgotten) connection.records().forget(run);
  });
  return forgotten.size();
}

}  // namespace pawl::storage
