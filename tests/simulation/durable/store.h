// A process's checkpoint store: a file that survives it, can be copied, and fails as disks do.
#pragma once

#include <map>
#include <set>
#include <string>

#include "engine/testing/memory_checkpoints.h"
#include "tests/simulation/durable/postgres.h"
#include "tests/simulation/world/world.h"

namespace pawl::simulation {

/// What is on the disk. Copyable, as a file is.
struct Store {
  explicit Store(std::string name) : id(name), checkpoints(std::move(name)) {}

  std::string id;
  testing::MemoryCheckpoints checkpoints;
  std::map<EffectKey, bool> settled;  ///< What its commits settled, true for failed: P3 forbids to execute it again.
  std::map<engine::RunNumber, std::string> event_of;
  bool full = false;
};

/// The port through which one process uses it.
class FaultyCheckpoints final : public engine::Checkpoints {
 public:
  FaultyCheckpoints(World& world, Store& store, std::string process)
      : world_(world), store_(store), process_(std::move(process)) {}

  engine::Recovered recover() override { return store_.checkpoints.recover(); }
  void give_way(std::int64_t lost_to) override { store_.checkpoints.give_way(lost_to); }
  void commit(std::span<const engine::Checkpoint> group) override;
  std::vector<engine::StoredRun> find(std::span<const std::string> run_ids) override;
  std::vector<engine::StoredRun> load(std::span<const engine::RunNumber> runs) override;
  std::size_t prune(Timestamp ended_before, std::size_t limit) override;
  std::vector<engine::FailedRun> failed(Timestamp ended_before, engine::RunNumber above, std::size_t limit) override {
    return store_.checkpoints.failed(ended_before, above, limit);
  }
  std::size_t forget(std::span<const engine::RunNumber> failed) override;

 private:
  void require_readable();
  void remember(const engine::RunStarted& record);
  void remember(const engine::StepSettled& record);
  void remember(const engine::RunReopened& record);
  void remember(const auto&) {}

  World& world_;
  Store& store_;
  std::string process_;
};

}  // namespace pawl::simulation
