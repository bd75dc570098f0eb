// Names and ordinary probabilities, one line a kind.
#include "tests/simulation/world/faults.h"

#include <algorithm>

namespace pawl::simulation {

namespace {

struct Kind {
  Fault fault;
  std::string_view name;
  double probability;
};

constexpr std::array<Kind, kFaultCount> kKinds{{
    {Fault::kCrashBetweenTurns, "crash-between-turns", 0.002},
    {Fault::kCrashBeforeCall, "crash-before-call", 0.004},
    {Fault::kCrashAfterCall, "crash-after-call", 0.004},
    {Fault::kCrashInsideMail, "crash-inside-mail", 0.02},
    {Fault::kPause, "pause", 0.002},
    {Fault::kSuspend, "suspend", 0.002},
    {Fault::kPauseInsideMail, "pause-inside-mail", 0.03},
    {Fault::kCleanStop, "clean-stop", 0.002},
    {Fault::kWallClockJump, "wall-clock-jump", 0.5},
    {Fault::kSlowCall, "slow-call", 0.02},
    {Fault::kStuckCall, "stuck-call", 0.004},
    {Fault::kStoreLost, "store-lost", 0.3},
    {Fault::kStoreRolledBack, "store-rolled-back", 0.3},
    {Fault::kStoreCopied, "store-copied", 0.001},
    {Fault::kStoreFull, "store-full", 0.002},
    {Fault::kStoreReadFails, "store-read-fails", 0.03},
    {Fault::kCommitUnknownDone, "commit-unknown-done", 0.03},
    {Fault::kOutboxDown, "outbox-down", 0.002},
    {Fault::kClaimReplyLost, "claim-reply-lost", 0.03},
    {Fault::kCallUnknownDone, "call-unknown-done", 0.03},
    {Fault::kCallUnknownNotDone, "call-unknown-not-done", 0.03},
    {Fault::kPartialClaim, "partial-claim", 0.2},
    {Fault::kLateCommit, "late-commit", 0.2},
    {Fault::kClaimForgotten, "claim-forgotten", 0.004},
    {Fault::kLeaseLost, "lease-lost", 0.002},
    {Fault::kDuplicateEmit, "duplicate-emit", 0.004},
    {Fault::kOperatorResume, "operator-resume", 0.004},
    {Fault::kOperatorCancel, "operator-cancel", 0.0005},
    {Fault::kOperatorRetryNow, "operator-retry-now", 0.002},
    {Fault::kAttemptFails, "attempt-fails", 0.05},
    {Fault::kBatchThrows, "batch-throws", 0.05},
    {Fault::kStepForgetsItem, "step-forgets-item", 0.02},
    {Fault::kServiceDown, "service-down", 0.004},
    {Fault::kServiceRefuses, "service-refuses", 0.002},
    {Fault::kMailInDoubt, "mail-in-doubt", 0.05},
    {Fault::kMailDeferred, "mail-deferred", 0.05},
    {Fault::kMailRefused, "mail-refused", 0.05},
    {Fault::kLedgerReplyLost, "ledger-reply-lost", 0.03},
    {Fault::kPoisonThrows, "poison-throws", 0.05},
    {Fault::kPoisonCrashes, "poison-crashes", 0.05},
    {Fault::kPoisonHangs, "poison-hangs", 0.02},
    {Fault::kPermanentFailure, "permanent-failure", 0.05},
    {Fault::kUnfitRecipient, "unfit-recipient", 0.05},
}};

const Kind& kind_of(Fault fault) {
  return *std::find_if(kKinds.begin(), kKinds.end(), [&](const Kind& kind) { return kind.fault == fault; });
}

}  // namespace

std::string_view name_of(Fault fault) { return kind_of(fault).name; }

std::optional<Fault> fault_named(std::string_view name) {
  const auto found = std::find_if(kKinds.begin(), kKinds.end(), [&](const Kind& kind) { return kind.name == name; });
  if (found == kKinds.end()) return std::nullopt;
  return found->fault;
}

double usual_probability(Fault fault) { return kind_of(fault).probability; }

}  // namespace pawl::simulation
