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

namespace pawl::engine {

/// Passes the same contract suite as the SQLite store. What "survives a crash" is what survives its users: destroy the
/// runner, keep this. Safe to call from any thread, so that a test may break it or look into it while a runner uses it.
class MemoryCheckpoints final : public Checkpoints {
 public:
  explicit MemoryCheckpoints(std::string store_id = "memory-store");
  /// A copy is a store restored from a backup: same identity, its own future.
  MemoryCheckpoints(const MemoryCheckpoints& other);

  Recovered recover() override;
  void commit(std::span<const Checkpoint> group) override;
  void give_way(std::int64_t lost_to) override;
  std::vector<StoredRun> find(std::span<const std::string> run_ids) override;
  std::vector<StoredRun> load(std::span<const RunNumber> runs) override;
  std::size_t prune(Timestamp before, std::size_t limit) override;
  std::vector<FailedRun> failed(Timestamp before, RunNumber above, std::size_t limit) override;
  std::size_t forget(std::span<const RunNumber> failed) override;

  /// From now on commit and prune throw UnavailableError with this reason, as on a full disk; empty: they work again.
  void refuse_writes(std::string reason);

  /// Groups committed so far.
  std::size_t groups() const;

 private:
  struct Row {
    StoredRun run;
    Timestamp wake_at{};
    Timestamp ended_at{};

    bool is_older(Timestamp than) const { return ended_at < than && run.event.created_at < than; }
  };
  /// Rows as they were before the group that is being applied; nullopt where there was none.
  using Before = std::map<RunNumber, std::optional<Row>>;

  void require_writable() const;
  void save(Before& before, RunNumber run) const;
  void put_back(const Before& before);
  void insert(const RunStarted& started);
  Row& row(RunNumber run);
  void apply(const RunStarted& record);
  void apply(const StepSettled& record);
  void apply(const AttemptFailed& record);
  void apply(const RunParked& record);
  void apply(const RunCancelled& record);
  void apply(const RunEnded& record);
  void apply(const RunReopened& record);
  void apply(const RunRedelivered& record);

  mutable std::mutex mutex_;
  std::string store_id_;
  std::int64_t lost_to_ = 0;
  std::string refusal_;
  RunNumber last_run_ = 0;
  std::size_t groups_ = 0;
  std::map<RunNumber, Row> rows_;
  std::map<std::string, RunNumber> by_id_;
};

}  // namespace pawl::engine
