// The engine's named places at which a test kills the process: every commit, and what lies between an effect and its
// checkpoint. What workflows bring names places of its own.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace pawl::engine {

/// In the order of a run's life; then what an operator's marks lead to, and the verbs that are no worker.
enum class CrashPoint {
  kBeforeStoreMigrated,
  kAfterStoreMigrated,
  kBeforeStoreRenamed,
  kAfterStoreRenamed,
  kBeforeWalCheckpoint,
  kAfterWalCheckpoint,
  kBeforeRegistered,
  kAfterRegistered,
  kBeforePartitioned,
  kAfterPartitioned,
  kBeforePruned,
  kAfterPruned,
  kBeforeFreed,
  kAfterFreed,
  kBeforeLostClaimFound,
  kAfterLostClaimFound,
  kBeforeClaim,
  kAfterClaim,
  kAfterLookUp,
  kRunStarted,
  kRunReopened,
  kBeforeCheckpoint,
  kBeforeGroupBegun,
  kBeforeGroupCommitted,
  kAfterGroupCommitted,
  kAfterCheckpoint,
  kRetryDecided,
  kRunParked,
  kRunEnded,
  kBeforeArchive,
  kAfterArchive,
  kBeforeAsleep,
  kAfterAsleep,
  kBeforeAwake,
  kAfterAwake,
  kBeforeRenewed,
  kAfterRenewed,
  kBeforeReleased,
  kAfterReleased,
  kRunCancelled,
  kBeforeMarksTakenOff,
  kAfterMarksTakenOff,
  kBeforeEmitted,
  kAfterEmitted,
  kBeforeResumed,
  kAfterResumed,
  kBeforeMarked,
  kAfterMarked,
  kBeforeRerun,
  kAfterRerun,
  kBeforeRequeued,
  kAfterRequeued,
  kBeforeDismissed,
  kAfterDismissed,
  kBeforeMigrated,
  kAfterMigrated,
  kLast = kAfterMigrated
};

struct CrashPlace {
  std::string_view name;   ///< For PAWL_CRASH_AT.
  std::string_view there;  ///< What has happened when the process dies there, and what has not.
};
struct NumberedCrashPlace {
  CrashPoint point;
  std::string_view name;
  std::string_view there;

  constexpr operator CrashPlace() const { return {name, there}; }
};

/// Every point once, in the enumeration's order.
inline constexpr auto kCrashPlaces = std::to_array<NumberedCrashPlace>({
    {CrashPoint::kBeforeStoreMigrated, "before-store-migrated", "a migration of the checkpoint file is not committed"},
    {CrashPoint::kAfterStoreMigrated, "after-store-migrated", "a migration of the checkpoint file is committed"},
    {CrashPoint::kBeforeStoreRenamed, "before-store-renamed", "the new checkpoint file is whole, under another name"},
    {CrashPoint::kAfterStoreRenamed, "after-store-renamed", "the checkpoint file has its name; nobody has opened it"},
    {CrashPoint::kBeforeWalCheckpoint, "before-wal-checkpoint", "commits are in the WAL; no page was moved"},
    {CrashPoint::kAfterWalCheckpoint, "after-wal-checkpoint", "pages were moved from the WAL into the file"},
    {CrashPoint::kBeforeRegistered, "before-registered", "the new epoch is written and not committed"},
    {CrashPoint::kAfterRegistered, "after-registered", "the epoch is committed, older ones ended; nothing is claimed"},
    {CrashPoint::kBeforePartitioned, "before-partitioned", "the archive may lack the coming months"},
    {CrashPoint::kAfterPartitioned, "after-partitioned", "the archive has the coming months; nothing is claimed"},
    {CrashPoint::kBeforePruned, "before-pruned", "old runs are in the store"},
    {CrashPoint::kAfterPruned, "after-pruned", "old runs are gone from the store"},
    {CrashPoint::kBeforeFreed, "before-freed", "an expired epoch's events are freed and not committed"},
    {CrashPoint::kAfterFreed, "after-freed", "an expired epoch's events are free; nobody has claimed them"},
    {CrashPoint::kBeforeLostClaimFound, "before-lost-claim-found",
     "a claim without a reply is fenced and not committed"},
    {CrashPoint::kAfterLostClaimFound, "after-lost-claim-found", "the engine does not know what the lost claim took"},
    {CrashPoint::kBeforeClaim, "before-claim", "events are free and about to be leased"},
    {CrashPoint::kAfterClaim, "after-claim", "events are leased; the store knows nothing of them"},
    {CrashPoint::kAfterLookUp, "after-look-up", "events are leased and the store was asked for their runs"},
    {CrashPoint::kRunStarted, "run-started", "a run exists in memory only"},
    {CrashPoint::kRunReopened, "run-reopened", "a resumed run goes on in memory; the store has it as failed"},
    {CrashPoint::kBeforeCheckpoint, "before-checkpoint", "steps have had their effect; no record of it is written"},
    {CrashPoint::kBeforeGroupBegun, "before-group-begun", "a group of records is about to be written to SQLite"},
    {CrashPoint::kBeforeGroupCommitted, "before-group-committed", "a group of records is written and not committed"},
    {CrashPoint::kAfterGroupCommitted, "after-group-committed", "a group of records is committed and synced"},
    {CrashPoint::kAfterCheckpoint, "after-checkpoint", "the group is durable; no run has gone on because of it"},
    {CrashPoint::kRetryDecided, "retry-decided", "an attempt failed; the store knows neither that nor the next time"},
    {CrashPoint::kRunParked, "run-parked", "the store has the run as waiting; it is still in memory"},
    {CrashPoint::kRunEnded, "run-ended", "the run's end is durable; its event is still leased"},
    {CrashPoint::kBeforeArchive, "before-archive", "events are about to move to the archive"},
    {CrashPoint::kAfterArchive, "after-archive", "events are in the archive; the engine does not know"},
    {CrashPoint::kBeforeAsleep, "before-asleep", "nothing was found; the flag is down"},
    {CrashPoint::kAfterAsleep, "after-asleep", "the flag is up; nobody listens"},
    {CrashPoint::kBeforeAwake, "before-awake", "events are leased; the flag is still up"},
    {CrashPoint::kAfterAwake, "after-awake", "events are leased; the flag is down"},
    {CrashPoint::kBeforeRenewed, "before-renewed", "a third of the lease is over"},
    {CrashPoint::kAfterRenewed, "after-renewed", "the lease is renewed; the engine does not know"},
    {CrashPoint::kBeforeReleased, "before-released", "the epoch's clean end is written and not committed"},
    {CrashPoint::kAfterReleased, "after-released", "the epoch has stopped cleanly; the process still runs"},
    {CrashPoint::kRunCancelled, "run-cancelled", "a cancellation was seen; the store knows nothing of it"},
    {CrashPoint::kBeforeMarksTakenOff, "before-marks-taken-off", "retries go on early; the outbox still asks for that"},
    {CrashPoint::kAfterMarksTakenOff, "after-marks-taken-off",
     "the outbox asks for no retry; the engine does not know"},
    {CrashPoint::kBeforeEmitted, "before-emitted", "the event has its id and is not written"},
    {CrashPoint::kAfterEmitted, "after-emitted", "the event is committed; whoever emitted it was told nothing"},
    {CrashPoint::kBeforeResumed, "before-resumed", "the failed event is in the archive"},
    {CrashPoint::kAfterResumed, "after-resumed",
     "the event is back in the outbox; whoever resumed it was told nothing"},
    {CrashPoint::kBeforeMarked, "before-marked", "a run is to be cancelled, or tried again; nothing says so"},
    {CrashPoint::kAfterMarked, "after-marked", "the run is cancelled or marked; whoever asked was told nothing"},
    {CrashPoint::kBeforeRerun, "before-rerun", "the ended run is in the archive, and alone"},
    {CrashPoint::kAfterRerun, "after-rerun", "the new run is in the outbox; whoever asked was told nothing"},
    {CrashPoint::kBeforeRequeued, "before-requeued", "the failed event is in the archive, and no other stands for it"},
    {CrashPoint::kAfterRequeued, "after-requeued",
     "the new event is in the outbox, the failed one is dismissed; whoever requeued it was told nothing"},
    {CrashPoint::kBeforeDismissed, "before-dismissed", "the failed event is in the archive"},
    {CrashPoint::kAfterDismissed, "after-dismissed", "the event is dismissed; whoever dismissed it was told nothing"},
    {CrashPoint::kBeforeMigrated, "before-migrated", "what is missing is applied and not committed"},
    {CrashPoint::kAfterMigrated, "after-migrated", "all that was missing is committed"},
});

consteval bool is_complete(const decltype(kCrashPlaces)& places) {
  for (std::size_t i = 0; i < places.size(); ++i)
    if (places[i].point != static_cast<CrashPoint>(i)) return false;
  return places.size() == static_cast<std::size_t>(CrashPoint::kLast) + 1;
}
static_assert(is_complete(kCrashPlaces), "every crash point has its place in the table");

}  // namespace pawl::engine
