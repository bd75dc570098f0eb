// Finishes events in the outbox once their run's end is durable, and keeps the lease alive.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/backoff.h"
#include "engine/lanes.h"
#include "engine/outbox.h"

namespace pawl::engine {

/// Engine's thread only; its calls to the outbox run on one lane, one at a time.
class Archiver {
 public:
  Archiver(Outbox& outbox, Lanes& lanes, LaneId lane, const Clock& clock, Duration lease, std::size_t batch_max);

  /// The lease was just taken.
  void leased(Timestamp now);
  void finish(FinishedEvent event) { pending_.push_back(std::move(event)); }
  /// Renews when a third of the lease has passed, else archives what is pending.
  void turn(Timestamp now);

  bool empty() const { return pending_.empty() && !busy_; }
  /// Effects may be started: the lease cannot have expired. Judged by when the last renewal was asked for.
  bool lease_holds(Timestamp now) const { return now < fence_at_; }
  Timestamp next_renewal() const { return renew_at_; }
  const Backoff& backoff() const { return backoff_; }
  const std::string& lease_lost() const { return lost_; }

 private:
  struct Call {
    bool renewal = false;
    std::vector<FinishedEvent> events;
    std::string error;
    bool lost = false;
  };

  static void perform(Outbox& outbox, Call& call);
  void performed(const std::shared_ptr<Call>& call, Timestamp asked_at);

  Outbox& outbox_;
  Lanes& lanes_;
  LaneId lane_;
  const Clock& clock_;
  Duration lease_;
  std::size_t batch_max_;
  std::vector<FinishedEvent> pending_;
  bool busy_ = false;
  Timestamp renew_at_{};
  Timestamp fence_at_{};
  Backoff backoff_;
  std::string lost_;
};

}  // namespace pawl::engine
