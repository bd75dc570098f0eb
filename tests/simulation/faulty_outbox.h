// The outbox as one process reaches it: over a connection that breaks at any moment.
#pragma once

#include <string>
#include <vector>

#include "engine/testing/memory_outbox.h"
#include "tests/simulation/durable/oracle.h"
#include "tests/simulation/durable/postgres.h"
#include "tests/simulation/world/timed_lanes.h"

namespace pawl::simulation {

class FaultyOutbox final : public engine::Outbox {
 public:
  FaultyOutbox(World& world, Postgres& postgres, Oracle& oracle, Store& store, TimedLanes& lanes, std::string process)
      : world_(world),
        postgres_(postgres),
        oracle_(oracle),
        store_(store),
        lanes_(lanes),
        process_(std::move(process)),
        inner_(postgres.table) {}

  engine::Registered open(const engine::Registration& registration) override;
  std::vector<engine::Event> claim(const engine::ClaimRequest& request) override;
  void sleep(Duration at_most) override { lanes_.sleep(at_most); }
  std::size_t finish(std::span<const engine::FinishedEvent> finished) override;
  std::vector<engine::Mark> marks(std::int64_t above) override;
  void take_off(std::span<const engine::Mark> marks) override;
  std::vector<std::string> resolved(std::span<const std::string> run_ids) override;
  void renew() override;
  void release(std::span<const std::int64_t> unstarted_positions) override;

  std::int64_t epoch() const { return inner_.epoch(); }
  /// The event was claimed by a call of which the engine may not have heard yet.
  bool reply_is_coming(std::int64_t position) const;

 private:
  void may_fail_before();
  void may_fail_after();
  std::vector<engine::Event> still_ours(std::vector<engine::Event> events) const;

  World& world_;
  Postgres& postgres_;
  Oracle& oracle_;
  Store& store_;
  TimedLanes& lanes_;
  std::string process_;
  testing::MemoryOutbox inner_;
  std::vector<engine::Event> last_claim_;
  std::vector<engine::Event> reply_lost_;  ///< Claimed, but the reply did not arrive: the next claim finds them.
};

}  // namespace pawl::simulation
