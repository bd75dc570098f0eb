// The one Postgres of a simulation: outbox with leases that expire, in-app rows, mail ledger, and its outages.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/testing/memory_outbox.h"
#include "tests/simulation/world/world.h"

namespace pawl::simulation {

/// Names one effect: event, step and key.
using EffectKey = std::string;
EffectKey effect_key(const std::string& event, const std::string& step, const std::string& key);

class Postgres {
 public:
  explicit Postgres(World& world) : world_(world) {}

  /// As `pawl.emit`: nothing when the id is in the outbox already. `visible_after`: how long its transaction stays
  /// open.
  void emit(const std::string& type, const std::string& id, Duration visible_after);
  /// Makes visible what has committed by now, frees the events of expired leases.
  void turn();
  /// The next time at which `turn` has something to do.
  Timestamp next_turn() const;

  void registered(std::int64_t epoch);
  void renewed(std::int64_t epoch);
  /// Declares a living worker dead.
  void bury(std::int64_t epoch);
  /// The claim of an event is taken back, as a crash does with what was committed without waiting.
  void forget_claim(std::int64_t position);

  /// By then the lease of this epoch had expired, and nobody had renewed it.
  bool lease_was_over(std::int64_t epoch, Timestamp at) const;
  bool alive(std::int64_t epoch) const { return table.workers.contains(epoch); }
  bool knows(const std::string& id) const;
  /// Throws UnavailableError while Postgres is down, LeaseLostError when the epoch is over.
  void require(std::int64_t epoch) const;

  testing::MemoryOutboxTable table;
  int takeovers = 0;           ///< Leases that expired; what waited under them counts as delivered once more.
  std::set<EffectKey> in_app;  ///< Rows under their unique key.

 private:
  struct Coming {
    testing::MemoryOutboxTable::Row row;
    Timestamp visible_at;
  };

  World& world_;
  std::map<std::int64_t, Coming> coming_;  ///< By position: committed late.
  std::map<std::int64_t, Timestamp> expires_at_;
  std::map<std::int64_t, Timestamp> expired_at_;
};

}  // namespace pawl::simulation
