// The checkpoint store in one SQLite file, written by one connection.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "engine/ports/checkpoints.h"

namespace pawl::storage {

/// Opens the file, creating and migrating it when new, in a directory that exists, and holds its lock file until
/// destroyed. Throws engine::RefusedError naming file, reason and what to do when it is locked, unreadable, foreign,
/// newer than this build or corrupt, and engine::UnavailableError when its disk is full or fails.
class SqliteCheckpoints final : public engine::Checkpoints {
 public:
  /// Called of what an operator should look at though the store goes on (a -wal that a reader makes grow); called from
  /// within `commit` and `prune`, on their thread.
  using Warn = std::function<void(const std::string&)>;

  /// `path` may be a symbolic link: the file that it leads to is used. See sqlite/place.h for the places that are
  /// refused.
  explicit SqliteCheckpoints(const std::string& path, Warn warn = {});
  ~SqliteCheckpoints() override;

  /// Remembers that runs which start from now on are started by this build. Throws as `commit` does.
  void record_build(const std::string& build);

  engine::Recovered recover() override;
  void commit(std::span<const engine::Checkpoint> group) override;
  void give_way(std::int64_t lost_to) override;
  std::vector<engine::StoredRun> find(std::span<const std::string> run_ids) override;
  std::vector<engine::StoredRun> load(std::span<const engine::RunNumber> runs) override;
  std::size_t prune(engine::Timestamp ended_before, std::size_t limit) override;
  std::vector<engine::FailedRun> failed(engine::Timestamp ended_before, engine::RunNumber above,
                                        std::size_t limit) override;
  std::size_t forget(std::span<const engine::RunNumber> failed) override;

 private:
  class Store;
  std::unique_ptr<Store> store_;
};

}  // namespace pawl::storage
