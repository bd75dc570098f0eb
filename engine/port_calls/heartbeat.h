// Keeps the lease of a worker alive, and knows how long it surely holds.
#pragma once

#include <memory>
#include <string>

#include "engine/port_calls/backoff.h"
#include "engine/ports/lanes.h"
#include "engine/ports/outbox.h"

namespace pawl::engine {

/// Engine's thread only. It has a lane to itself: nothing that another call to the outbox waits for delays a renewal.
class Heartbeat {
 public:
  Heartbeat(Outbox& outbox, Lanes& lanes, LaneId lane, const Clock& clock, Duration lease, Jitter& jitter);

  /// The lease was taken by a call made at `asked_at`.
  void leased(Timestamp asked_at);
  /// Renews when a third of the lease has passed.
  void turn(Timestamp now);

  /// Effects may be started: the lease cannot have expired. Judged by when the last renewal was asked for.
  bool lease_holds(Timestamp now) const { return now < fence_at_; }
  /// When turn() has something to do next; the end of time while a renewal is under way.
  Timestamp due_at() const;
  const Backoff& backoff() const { return backoff_; }
  const std::string& lease_lost() const { return lost_; }

 private:
  struct Call {
    std::string error;
    bool lost = false;
  };

  static void renew(Outbox& outbox, Call& call);
  void renewed(const Call& call, Timestamp asked_at);

  Outbox& outbox_;
  Lanes& lanes_;
  LaneId lane_;
  const Clock& clock_;
  Duration lease_;
  bool busy_ = false;
  Timestamp renew_at_{};
  Timestamp fence_at_{};
  Backoff backoff_;
  std::string lost_;
};

}  // namespace pawl::engine
