// The port to where events come from and are archived once their run is over.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/authoring/event.h"
#include "engine/ports/moving_runs.h"
#include "engine/ports/step_report.h"

namespace pawl::engine {

/// An event whose run waits, at the place where it was delivered to that run: one that was resumed meanwhile has
/// another.
struct WaitingEvent {
  std::string id;
  std::int64_t position = 0;
};

/// How a worker takes up its work at start. Events of its store that it does not name are set free for others.
struct Registration {
  std::string store_id;               ///< Identity of the checkpoint store; an older epoch of the same store is dead.
  std::vector<WaitingEvent> waiting;  ///< Events whose runs the store holds as waiting: kept, not delivered again.
  std::vector<std::string> moving;    ///< Events whose runs were moving: set free, to be claimed and delivered again.
  std::int64_t lost_to = 0;           ///< The epoch of a worker on a copy of the store that it gave way to; 0: none.
};

/// What the outbox answered to a Registration.
struct Registered {
  std::int64_t epoch = 0;  ///< The fencing token of everything this worker writes.
  std::vector<std::string>
      foreign;  ///< Of the events named, those finished, resumed, or held by another living worker.
};

/// A payload of more bytes is not claimed with its event.
inline constexpr std::int64_t kPayloadMax = 16 * 1024 * 1024;

/// How much to claim beside what moves.
struct ClaimLimits {
  int max = 0;             ///< At most this many events.
  int deliveries_max = 5;  ///< How many deliveries the worker allows; decides with quarantine_of who may come along.
  MovingRuns moving;       ///< In the worker now.
  /// No further event once their payloads have so many; at least one.
  std::int64_t bytes = 4 * 1024 * 1024;
};

/// A workflow by its name, which no other has, and the type of event that starts it.
struct WorkflowName {
  std::string type;
  std::string workflow;
  auto operator<=>(const WorkflowName&) const = default;
};

/// A batch to claim.
struct ClaimRequest {
  std::vector<WorkflowName> workflows;  ///< Only runs of these; all others are left alone.
  ClaimLimits limits;
};

/// What an operator asks of a run while a worker has it.
struct Mark {
  enum class Kind {
    kCancel,    ///< Stays until the run has left the outbox; each worker that has the run is to see it once.
    kRetryNow,  ///< What the run waits for is not to be waited for any longer; taken off once it was seen.
  };
  Kind kind = Kind::kCancel;
  std::int64_t position = 0;
  std::string id;      ///< Of the run.
  Cancellation asked;  ///< By whom, why and when.
};

/// As many marks are seen at once.
inline constexpr std::size_t kMarksMax = 1000;

/// Claims and finishes events under a lease.
///
/// An event has one run for each workflow of its type that was registered when it was emitted, or, where none was, when
/// a worker saw it first. Each has a place, a lease, deliveries and an end of its own, and is what is called an event
/// here.
///
/// `claim`, `sleep` and `release` are called from one thread, `finish`, `marks`, `take_off` and `resolved` from
/// another, `renew` from a third; an implementation gives each its own connection. Every call may throw
/// UnavailableError (try later; nothing is known to have happened) or LeaseLostError (this epoch is over). A call whose
/// outcome is unknown may be repeated.
class Outbox {
 public:
  virtual ~Outbox() = default;

  /// Takes a new epoch. Events of older epochs of the same store are kept when waiting, else set free to be claimed.
  /// Throws StoreCopiedError where another worker has registered the same store since this object did, or lives since
  /// the epoch that the store gave way to: two workers on copies of one store would take each other's epochs for ever.
  virtual Registered open(const Registration& registration) = 0;

  /// Leases pending events that the quarantine admits: those delivered before first, then fresh ones in order of
  /// position, of which a part may be ceded to tenants other than those that fill the claims. While one waits for its
  /// last delivery, which it has alone, nothing is claimed that would keep it waiting. After a call that failed,
  /// perhaps since its answer was too much for the line, fewer bytes are asked for, down to one event; of one that does
  /// not arrive even so, only the size is. Finds late commits and freed rows within a second, or within a few where
  /// very many events are leased. Returned by position.
  virtual std::vector<Event> claim(const ClaimRequest& request) = 0;

  /// After a claim that found nothing: whether something may be left all the same, held by a claim whose answer never
  /// came. Called from the thread of `claim`.
  virtual bool may_have_missed() const { return false; }

  /// Returns when something may have become claimable, or after about `at_most`.
  virtual void sleep(Duration at_most) = 0;

  /// Archives events, once each. Repeating it is harmless. Returns how many were still ours.
  virtual std::size_t finish(std::span<const FinishedEvent> finished) = 0;

  /// What is asked of runs of this epoch and was not taken off, whose position is above `above`, in order of position,
  /// at most kMarksMax.
  virtual std::vector<Mark> marks(std::int64_t above) = 0;

  /// These were seen, unless the run is not ours any more or they were asked for anew since. A retry-now is gone; a
  /// cancellation is not shown to this epoch again.
  virtual void take_off(std::span<const Mark> marks) = 0;

  /// Of these failed runs, those that nobody can resume any more: dismissed, ended otherwise since, or not known any
  /// more. The checkpoints of any other stay. Called from the thread of `finish`.
  virtual std::vector<std::string> resolved(std::span<const std::string> run_ids) {
    static_cast<void>(run_ids);
    return {};
  }

  /// Renews every lease of this epoch. Throws LeaseLostError when the epoch was declared dead.
  virtual void renew() = 0;

  /// Shows these steps as not moving, and no others of this worker: for people elsewhere, and nothing depends on it.
  /// Called from the thread of `finish`; `now` is the clock by which the reports' times are.
  virtual void report(std::span<const StepReport> steps, Timestamp now) {
    static_cast<void>(steps);
    static_cast<void>(now);
  }

  /// Gives claimed but unstarted events back as if never delivered, and marks the epoch as cleanly stopped: the leases
  /// of waiting runs stay until they expire, so that a quick restart takes them up again.
  virtual void release(std::span<const std::int64_t> unstarted_positions) = 0;
};

}  // namespace pawl::engine
