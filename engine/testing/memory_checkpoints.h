// The Checkpoints port in memory: the double for tests and simulations.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/ports/checkpoints.h"

namespace pawl::testing {

/// Passes the same contract suite as the SQLite store. What "survives a crash" is what survives its users: destroy the
/// runner, keep this. Safe to call from any thread, so that a test may break it or look into it while a runner uses it.
class MemoryCheckpoints final : public engine::Checkpoints {
 public:
  explicit MemoryCheckpoints(std::string store_id = "memory-store");
  /// A copy is a store restored from a backup: same identity, its own future.
  MemoryCheckpoints(const MemoryCheckpoints& other);

  engine::Recovered recover() override;
  void commit(std::span<const engine::Checkpoint> group) override;
  void give_way(std::int64_t lost_to) override;
  std::vector<engine::StoredRun> find(std::span<const std::string> run_ids) override;
  std::vector<engine::StoredRun> load(std::span<const engine::RunNumber> runs) override;
  std::size_t prune(engine::Timestamp before, std::size_t limit) override;
  std::vector<engine::FailedRun> failed(engine::Timestamp before, engine::RunNumber above, std::size_t limit) override;
  std::size_t forget(std::span<const engine::RunNumber> failed) override;

  /// From now on commit and prune throw UnavailableError with this reason, as on a full disk; empty: they work again.
  void refuse_writes(std::string reason);

  /// Groups committed so far.
  std::size_t groups() const;

 private:
  struct Row {
    engine::StoredRun run;
    engine::Timestamp wake_at{};
    engine::Timestamp ended_at{};

    bool is_older(engine::Timestamp than) const { return ended_at < than && run.event.created_at < than; }
  };
  /// Rows as they were before the group that is being applied; nullopt where there was none.
  using Before = std::map<engine::RunNumber, std::optional<Row>>;

  void require_writable() const;
  void save(Before& before, engine::RunNumber run) const;
  void put_back(const Before& before);
  void insert(const engine::RunStarted& started);
  Row& row(engine::RunNumber run);
  void apply(const engine::RunStarted& record);
  void apply(const engine::StepSettled& record);
  void apply(const engine::AttemptFailed& record);
  void apply(const engine::RunParked& record);
  void apply(const engine::RunCancelled& record);
  void apply(const engine::RunEnded& record);
  void apply(const engine::RunReopened& record);
  void apply(const engine::RunRedelivered& record);

  mutable std::mutex mutex_;
  std::string store_id_;
  std::int64_t lost_to_ = 0;
  std::string refusal_;
  engine::RunNumber last_run_ = 0;
  std::size_t groups_ = 0;
  std::map<engine::RunNumber, Row> rows_;
  std::map<std::string, engine::RunNumber> by_id_;
};

}  // namespace pawl::testing
