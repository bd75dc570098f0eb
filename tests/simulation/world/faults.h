// The kinds of faults that a simulation injects, and how often each fired.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace pawl::simulation {

enum class Fault {
  // a process
  kCrashBetweenTurns,
  kCrashBeforeCall,  ///< Before any blocking call: claim, commit, step.
  kCrashAfterCall,   ///< After its effect, before the engine hears of it.
  kCrashInsideMail,  ///< Between ledger and relay, or between relay and ledger.
  kPause,            ///< Stopped, its clock goes on; past the lease it comes back as a zombie.
  kSuspend,          ///< Stopped, and its clock with it: it believes in its lease.
  kPauseInsideMail,  ///< Stopped between ledger and relay while the others go on.
  kCleanStop,        ///< Drained and started again.
  kWallClockJump,    ///< A restarted process reads a time that is an hour or ten years off.
  kSlowCall,         ///< Seconds.
  kStuckCall,        ///< Minutes: the reply to the final dot.
  // its store
  kStoreLost,
  kStoreRolledBack,  ///< Restored from an older copy.
  kStoreCopied,      ///< A second process runs on a copy at the same time.
  kStoreFull,        ///< Refuses to write for a while.
  kStoreReadFails,
  kCommitUnknownDone,  ///< Durable, and reported as failed.
  // the outbox
  kOutboxDown,  ///< And with it everything else in Postgres.
  kClaimReplyLost,
  kCallUnknownDone,  ///< Finish, renewal, registration or release happened, and was reported as failed.
  kCallUnknownNotDone,
  kPartialClaim,
  kLateCommit,      ///< An event becomes visible after events with a higher position.
  kClaimForgotten,  ///< A crash of Postgres took back a claim that was committed without waiting.
  kLeaseLost,       ///< Postgres' clock jumps: everybody believes a living worker dead.
  kDuplicateEmit,   ///< The same id again, before or after its run has ended.
  kOperatorResume,
  kOperatorCancel,
  kOperatorRetryNow,
  // the steps
  kAttemptFails,
  kBatchThrows,
  kStepForgetsItem,
  kServiceDown,
  kServiceRefuses,  ///< RefusedError: a privilege or a column is missing.
  kMailInDoubt,
  kMailDeferred,
  kMailRefused,  ///< In words that do not tell whom it concerns, or in words about us.
  kLedgerReplyLost,
  // the events
  kPoisonThrows,
  kPoisonCrashes,
  kPoisonHangs,
  kPermanentFailure,
  kUnfitRecipient,
  kCount,
};

inline constexpr std::size_t kFaultCount = static_cast<std::size_t>(Fault::kCount);

std::string_view name_of(Fault fault);
std::optional<Fault> fault_named(std::string_view name);
/// The probability at each opportunity in a simulation of ordinary intensity.
double usual_probability(Fault fault);

/// How often each fired.
using FaultCounts = std::array<std::uint64_t, kFaultCount>;

}  // namespace pawl::simulation
