// The port to where finished steps are remembered: what is committed here is never executed again in its run.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "engine/authoring/boxed.h"
#include "engine/authoring/event.h"

namespace pawl::engine {

/// A run's number in one store: small, dense, given by the engine; its public id is Event::id.
using RunNumber = std::int64_t;

/// Names one execution inside a run: the step, and the item for a fan-out (empty for a single step).
struct StepKey {
  std::string step;
  std::string key;
  auto operator<=>(const StepKey&) const = default;
};

// What a group commit may hold, in the order in which it happened.

struct RunStarted {
  RunNumber run = 0;
  Event event;
  Timestamp at{};
};
/// A step reached its end: its output as JSON text, or the reason of its permanent failure.
struct StepSettled {
  RunNumber run = 0;
  StepKey step;
  int attempt = 1;  ///< The attempt that settled it, counted from 1.
  bool failed = false;
  std::string result;
  Timestamp started_at{};
  Timestamp settled_at{};
  bool caught = false;                         ///< Only when read: the failure is one that a RunEnded names as caught.
  FailureClass failure = FailureClass::kNone;  ///< Of one that failed.
  std::string failure_code{};
};
/// An attempt failed and another will follow at `retry_at`.
struct AttemptFailed {
  RunNumber run = 0;
  StepKey step;
  int attempt = 1;
  std::string error;
  /// The age of the execution counts from here: when attempt 1 began, or later by as long as the step was paused, the
  /// worker down or its wall clock wrong.
  Timestamp first_started_at{};
  Timestamp failed_at{};
  Timestamp retry_at{};
  std::string failure_code{};
  Timestamp gives_up_at{};  ///< No attempt is due later, as of this one; later by what its step is paused after it.
                            ///< None: its age does not end it.
  int uncharged = 0;        ///< Of the attempts up to this one: those that the retry policy does not count.
};
/// The run left memory until `wake_at`.
struct RunParked {
  RunNumber run = 0;
  Timestamp wake_at{};
  std::string reason;
};
/// An operator's cancellation was seen: no attempt of what is started until the run's code is told begins after this.
/// The first counts; a resume takes it back.
struct RunCancelled {
  RunNumber run = 0;
  Cancellation cancellation;
  Timestamp at{};
};
struct RunEnded {
  RunNumber run = 0;
  RunStatus status = RunStatus::kDone;  ///< kDone, kFailed, kCancelled or kSuperseded.
  std::string reason;
  Timestamp at{};
  Resumable resumable = Resumable::kAnywhere;
  std::vector<StepKey> caught{};  ///< Of a failed run: the failed steps that its code has acted on.
  Failure failure{};              ///< Of a failed run.
};
/// An operator resumed a failed run: it is running again; its failed steps are forgotten (their attempts are not), but
/// for those that its end named as caught.
struct RunReopened {
  RunNumber run = 0;
  int resumes = 0;
  std::int64_t position = 0;  ///< The event's new place in the outbox.
  Timestamp at{};
};
/// A run moves again: its event was delivered again, perhaps under another position, or its wait is over.
struct RunRedelivered {
  RunNumber run = 0;
  std::int64_t position = 0;
  int deliveries = 1;
};

/// What is large is boxed, so that the others are no larger for it.
using Checkpoint = std::variant<Boxed<RunStarted>, StepSettled, AttemptFailed, RunParked, RunCancelled, RunEnded,
                                RunReopened, RunRedelivered>;

/// Calls `look` with the record as what it is, and returns what that returns.
template <class Look>
decltype(auto) visit_record(const Look& look, const Checkpoint& record) {
  const auto unboxed = [&]<class Record>(const Record& any) -> decltype(auto) {
    if constexpr (std::is_same_v<Record, Boxed<RunStarted>>)
      return look(*any);
    else
      return look(any);
  };
  return std::visit(unboxed, record);
}

/// The run that a record is about.
inline RunNumber run_of(const Checkpoint& record) {
  return visit_record([](const auto& any) { return any.run; }, record);
}

/// A step whose attempt failed and that has not settled since.
struct PendingRetry {
  StepKey step;
  int attempts = 0;  ///< Attempts that failed so far since the start or the last resume.
  std::string error;
  Timestamp first_started_at{};
  Timestamp failed_at{};
  Timestamp retry_at{};
  int uncharged = 0;  ///< Of those attempts.
};

/// Everything the store knows of one run, enough to replay it.
struct StoredRun {
  RunNumber run = 0;
  Event event;
  RunStatus status = RunStatus::kRunning;
  std::string reason;
  int resumes = 0;
  Resumable resumable = Resumable::kAnywhere;  ///< As its end said.
  Boxed<Failure> failure{};                    ///< The same.
  std::vector<StepSettled> steps;
  std::vector<PendingRetry> retries;
  Boxed<Cancellation> cancelled{};
  // the engine's own, which no store has:
  Boxed<std::string> payload_to_archive{};  ///< FinishedEvent's, as the workflow says; nothing: it does not.
  bool is_as_emitted = false;               ///< The event has the outbox's payload, not what was kept of it.
  bool retry_now = false;                   ///< An operator wants its retries now.
};

/// An unfinished run found at start.
struct UnfinishedRun {
  RunNumber run = 0;
  std::string run_id;
  std::string workflow;
  bool waiting = false;  ///< Parked until wake_at when the process ended; else it was moving.
  Timestamp wake_at{};
  std::int64_t position = 0;  ///< The event's place in the outbox at its latest delivery.
};

/// A failed run by its number and its public id.
struct FailedRun {
  RunNumber run = 0;
  std::string id;
};

/// What a store holds when it is opened.
struct Recovered {
  std::string store_id;    ///< Made with the store, copied with it.
  RunNumber next_run = 1;  ///< Larger than every number ever used in this store.
  std::vector<UnfinishedRun> unfinished;
  std::int64_t lost_to = 0;  ///< The epoch of a copy's worker that this store gave way to; 0: none.
};

/// Remembers progress. Used by one thread at a time. A store that cannot be used throws RefusedError when opened; one
/// that cannot write for now (disk full) throws UnavailableError and has kept nothing of that group.
class Checkpoints {
 public:
  virtual ~Checkpoints() = default;

  virtual Recovered recover() = 0;

  /// Makes a group durable as a whole, in order; on return no crash and no power loss takes it back.
  virtual void commit(std::span<const Checkpoint> group) = 0;

  /// Keeps what Recovered::lost_to says from now on. Durable on return.
  virtual void give_way(std::int64_t lost_to) = 0;

  /// The runs with these ids that exist here, in no particular order.
  virtual std::vector<StoredRun> find(std::span<const std::string> run_ids) = 0;

  /// These runs; a number that does not exist is left out.
  virtual std::vector<StoredRun> load(std::span<const RunNumber> runs) = 0;

  /// Deletes runs that ended before `before`, at most `limit`; returns how many. Their events have to be as old: by the
  /// clock of the outbox, where that of this host may have been wrong when the run ended.
  /// A failed run stays: whoever resumes it goes on behind its finished steps.
  virtual std::size_t prune(Timestamp before, std::size_t limit) = 0;

  /// Failed runs that are as old, with a number above `above`, by number, at most `limit`. A store that names none
  /// keeps them for ever.
  virtual std::vector<FailedRun> failed(Timestamp before, RunNumber above, std::size_t limit) {
    static_cast<void>(before);
    static_cast<void>(above);
    static_cast<void>(limit);
    return {};
  }

  /// Deletes those of these runs that have failed and were not resumed here since; returns how many.
  virtual std::size_t forget(std::span<const RunNumber> failed) {
    static_cast<void>(failed);
    return 0;
  }
};

}  // namespace pawl::engine
