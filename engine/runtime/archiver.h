// Finishes events in the outbox once their run's end is durable.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/ports/lanes.h"
#include "engine/ports/outbox.h"
#include "engine/runtime/backoff.h"

namespace pawl::engine {

/// Engine's thread only; its calls to the outbox run on one lane, one at a time.
class Archiver {
 public:
  Archiver(Outbox& outbox, Lanes& lanes, LaneId lane, const Clock& clock, std::size_t batch_max, Jitter& jitter);

  void finish(FinishedEvent event) { pending_.push_back(std::move(event)); }
  /// Archives what is pending.
  void turn(Timestamp now);

  bool empty() const { return pending_.empty() && !busy_; }
  /// When `turn` has something to do; none while a call is under way.
  std::optional<Timestamp> due_at(Timestamp now) const;
  const Backoff& backoff() const { return backoff_; }
  const std::string& lease_lost() const { return lost_; }

 private:
  struct Call {
    std::vector<FinishedEvent> events;
    Timestamp began{};
    std::string error;
    bool lost = false;
  };

  static void perform(Outbox& outbox, Call& call);
  void performed(const std::shared_ptr<Call>& call);

  Outbox& outbox_;
  Lanes& lanes_;
  LaneId lane_;
  const Clock& clock_;
  std::size_t batch_max_;
  std::size_t limit_;  ///< Of the next batch.
  std::vector<FinishedEvent> pending_;
  bool busy_ = false;
  Timestamp rested_at_{};
  Backoff backoff_;
  std::string lost_;
};

}  // namespace pawl::engine
