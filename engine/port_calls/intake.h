// Claims events while there is room for them, and looks up which of them have a run already.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/measures/measures.h"
#include "engine/port_calls/backoff.h"
#include "engine/ports/checkpoints.h"
#include "engine/ports/lanes.h"
#include "engine/ports/outbox.h"

namespace pawl::engine {

/// A claimed event, with its run if the store has one.
struct Arrival {
  Event event;
  std::vector<StoredRun> known;     ///< None or one.
  std::vector<StoredRun> parent{};  ///< The same, of the run that it is to begin like.
};

/// Engine's thread only. One claim at a time on the claim lane, then one look-up on the checkpoint lane.
class Intake {
 public:
  using Deliver = std::function<void(std::vector<Arrival>)>;

  struct Lane {
    LaneId claim;
    LaneId checkpoint;
  };

  Intake(Outbox& outbox, Checkpoints& store, Lanes& lanes, Lane lane, const Clock& clock, Jitter& jitter,
         std::vector<WorkflowName> workflows, std::size_t batch, Deliver deliver);

  /// Claims up to `limits.max` if nothing is under way; less than `batch` only when that has not grown for a while.
  /// While suspects move it comes back soon instead of sleeping. Where there is no room it claims none once a second,
  /// since an outbox does more when it is asked than claim: it frees what dead workers had, and works on batches.
  void turn(Timestamp now, const ClaimLimits& limits, Duration idle_wait);
  /// Something happened that may have made events claimable for us (a suspect was acquitted).
  void claim_at_once() {
    claim_at_ = {};
    delivered_at_ = {};
    pause_ = Duration{0};
  }

  /// Nothing is to be claimed any more; what was is still delivered.
  void stop() { stopped_ = true; }
  /// Gives back what was claimed and never started, and marks the epoch stopped.
  void release();

  bool busy() const { return busy_; }
  /// When `turn` has something to do, given that room; none while a call is under way.
  std::optional<Timestamp> due_at(Timestamp now, std::size_t room) const;
  /// How many events may still come: by the call that is under way, or by one whose reply was lost, since the next one
  /// then finds what it claimed.
  std::size_t coming() const { return coming_; }
  bool released() const { return released_; }
  /// The last claim found nothing, and neither what moved nor an earlier claim could have kept an event waiting.
  bool found_nothing() const { return found_nothing_; }
  const Backoff& backoff() const { return backoff_; }
  /// Down while the store cannot say which events have a run: what was claimed waits.
  const Backoff& store_backoff() const { return store_backoff_; }
  const ClaimMeasures& measures() const { return measures_; }
  const std::string& lease_lost() const { return lost_; }
  /// The store refused for good: an operator has to act.
  const std::string& store_refusal() const { return store_refusal_; }

 private:
  struct Claim {
    ClaimRequest request;
    Duration idle_wait{0};
    Duration longest_pause{0};
    Timestamp began{};
    std::vector<Event> events;
    std::vector<StoredRun> known;
    std::vector<StoredRun> parents;
    std::string error;
    bool lost = false;
    bool may_have_missed = false;
    bool store_refused = false;
  };

  bool may_claim(std::size_t room) const { return !releasing_ && (room > 0 || !stopped_); }
  Timestamp claim_due(std::size_t room) const;
  static void claim(Outbox& outbox, Claim& claim);
  static void look_up(Checkpoints& store, Claim& claim);
  void claimed(const std::shared_ptr<Claim>& claim);
  void submit_look_up(const std::shared_ptr<Claim>& claim);
  void looked_up(const std::shared_ptr<Claim>& claim);

  Outbox& outbox_;
  Checkpoints& store_;
  Lanes& lanes_;
  Lane lane_;
  const Clock& clock_;
  std::vector<WorkflowName> workflows_;
  std::size_t batch_;
  Deliver deliver_;
  bool busy_ = false;
  std::size_t coming_ = 0;
  bool stopped_ = false;
  bool releasing_ = false;
  bool released_ = false;
  bool found_nothing_ = false;
  std::shared_ptr<Claim> unanswered_;  ///< Claimed, but the store could not say whether runs exist.
  std::vector<std::int64_t> unstarted_;
  Timestamp claim_at_{};
  Timestamp asked_at_{};      ///< When the outbox was last asked for events.
  Timestamp delivered_at_{};  ///< When events last came.
  Duration pause_{0};         ///< The last one between two claims while suspects moved.
  Duration sleep_{0};         ///< The last one of an idle worker.
  Backoff backoff_;
  Backoff store_backoff_;
  ClaimMeasures measures_;
  std::string lost_;
  std::string store_refusal_;
};

}  // namespace pawl::engine
