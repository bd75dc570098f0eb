// What must be true: follows every effect and every end, and says which promise was broken.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/authoring/event.h"
#include "tests/simulation/durable/ledger.h"
#include "tests/simulation/durable/postgres.h"
#include "tests/simulation/durable/store.h"
#include "tests/simulation/durable/workload.h"

namespace pawl::simulation {

class Oracle {
 public:
  Oracle(World& world, const Workload& workload, const Postgres& postgres, const Ledger& ledger, const Relay& relay)
      : world_(world), workload_(workload), postgres_(postgres), ledger_(ledger), relay_(relay) {}

  void emitted(const std::string& event) { ends_.try_emplace(event); }

  /// An operator asked that a failed run goes on: its failed steps may run again, before the store says so.
  void resumed(const std::string& event) { resumed_.insert(event); }

  /// An operator asked that a run ends: it may, whatever of it has not settled.
  void cancelled(const std::string& event) { cancelled_.insert(event); }
  /// It has ended in Postgres, where no worker had it.
  void ended_in_postgres(const std::string& event) { ends_[event].push_back(engine::RunStatus::kCancelled); }

  /// A step begins to execute an item: it is one that its workflow asks for (P10), whose checkpoint has not committed
  /// in that store while those of all that it follows have (P3), and whose earlier attempts all failed by themselves.
  void executing(Store& store, const std::string& event, const StepPlan& step, const std::string& key, int attempt,
                 Timestamp asked_at);
  /// The step has just made an attempt fail: the engine may count it.
  void attempt_failed(const EffectKey& effect) { ++failures_[effect]; }
  /// The step has just said that trying again cannot help.
  void failed_for_good(const EffectKey& effect) { doomed_.insert(effect); }
  /// The relay was handed another copy: P5, I3.
  void mailed(const EffectKey& effect);
  /// An event is being archived out of that store: P1, I1, I6.
  void archived(const engine::Event& event, const engine::FinishedEvent& end, Store& store);
  /// Something happened by which any event may be delivered once more though it is no poison.
  void redelivered_by_fault() { ++redeliveries_; }

  /// Every event has ended.
  bool all_ended() const;
  std::size_t ended() const;
  /// What is still open, for a message.
  std::string unfinished() const;

 private:
  void check_run(const engine::StoredRun& run, const engine::FinishedEvent& end, const Store& store);
  void check_stage(const StagePlan& stage, const engine::StoredRun& run, bool& failed);
  void check_settled(const StepPlan& step, const engine::StoredRun& run, const engine::StepSettled& settled);
  void check_failure(const StepPlan& step, const EffectKey& effect, const std::string& reason);
  void check_set_aside(const engine::Event& event);

  World& world_;
  const Workload& workload_;
  const Postgres& postgres_;
  const Ledger& ledger_;
  const Relay& relay_;
  std::map<std::string, std::vector<engine::RunStatus>> ends_;
  std::map<EffectKey, int> failures_;
  std::map<EffectKey, Timestamp> first_asked_;
  std::set<EffectKey> doomed_;
  std::set<std::string> resumed_;
  std::set<std::string> cancelled_;
  int redeliveries_ = 0;
};

}  // namespace pawl::simulation
