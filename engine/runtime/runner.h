// The runtime: claims events, moves runs, retries, checkpoints and archives. One thread owns all of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/authoring/workflow.h"
#include "engine/measures/measures.h"
#include "engine/ports/checkpoints.h"
#include "engine/ports/lanes.h"
#include "engine/ports/observer.h"
#include "engine/ports/outbox.h"

namespace pawl::engine {

/// Every queue and window of the runtime has its limit here.
struct RunnerOptions {
  /// Runs in memory at once, of which one counts as another for each sixteen items that it has; claiming pauses at this
  /// many. An eighth of it is for runs alone, whatever items those in memory have.
  std::size_t moving_max = 2000;
  std::size_t claim_max = 500;  ///< Events claimed at once.
  /// Bytes of payloads of runs in memory, and of those on their way to the archive; claiming pauses at this many.
  std::size_t payloads_max = 64 << 20;
  std::size_t finish_max = 1000;             ///< Events archived at once, of no more payload than a claim has.
  std::size_t waiting_max = 1'000'000;       ///< Parked runs; claiming pauses at this many.
  int deliveries_max = 5;                    ///< An event delivered more often than this is failed with the reason.
  Duration lease{std::chrono::seconds{30}};  ///< Renewed every third of it; effects stop before it can expire.
  /// A call of a step that is out for longer than its `longest_call` and this will never come back; 0: never looked at.
  Duration hang_after{std::chrono::minutes{15}};
  Duration idle_wait{std::chrono::milliseconds{50}};  ///< First poll of a sleeping worker, which gets ten times slower.
  std::uint64_t seed = 0;                             ///< Of the jitter; 0: a random one.
  /// The payload without its secrets, or nothing where it has none: for the archive, where the workflow does not say
  /// what goes there. Unset: it is archived as it was emitted. Where it throws, nothing of the payload is archived.
  /// Called on the finish lane, one call at a time.
  std::function<std::optional<std::string>(const std::string& payload)> redact_payload{};
  Duration retention{std::chrono::hours{24 * 30}};  ///< Ended runs are pruned from the store after this; 0: never.
};

/// What a runner needs from the world. Not owned; all outlive the runner.
struct Ports {
  Outbox& outbox;
  Checkpoints& checkpoints;
  const Clock& clock;
  Lanes& lanes;
  Observer& observer;
};

struct CircuitStatus {
  std::string step;  ///< As in named_steps.
  std::string reason;
  Timestamp since{};
  std::optional<Timestamp> next_probe_at = {};  ///< None while a probe is out.
  std::size_t held = 0;                         ///< Runs that wait for it.
};

/// A snapshot for progress, health and metrics. Counters since open().
struct RunnerStatus {
  std::uint64_t claimed = 0;
  std::uint64_t done = 0;
  std::uint64_t done_with_note = 0;  ///< Whose workflow left a note, for example that nobody was told.
  std::uint64_t failed = 0;
  std::uint64_t cancelled = 0;
  std::uint64_t attempts_failed = 0;
  std::uint64_t checkpoint_groups = 0;
  std::size_t moving = 0;   ///< Runs in memory.
  std::size_t waiting = 0;  ///< Runs parked on a backoff or a circuit.
  std::vector<CircuitStatus> open_circuits;
  std::string outbox_error;       ///< Empty while the outbox answers.
  std::string checkpoints_error;  ///< Empty while the store can write.
};

/// The lanes a runner submits to, in the order of their ids: give them to the Lanes implementation.
std::vector<LaneSpec> lane_specs(const std::vector<WorkflowDefinition>& workflows);

/// Not thread-safe: one thread calls every member.
class Runner {
 public:
  /// Throws WorkflowBug when two workflows have one name, or one workflow two steps of one name.
  Runner(Ports ports, std::vector<WorkflowDefinition> workflows, RunnerOptions options = {});
  /// Interrupts the steps and stops the lanes: waits for the calls that run, however long. `stop` comes before it
  /// where a call may hang.
  ~Runner();

  /// Recovers the store, registers with the outbox, takes up what was waiting. Blocks. Throws RefusedError or
  /// UnavailableError; may then be called again.
  void open();

  /// One turn: waits at most so long for a report, then does everything that is due. Throws LeaseLostError when another
  /// worker has taken over: destroy this runner and its lanes, and open new ones. Throws HungError when a call of a
  /// step hangs: its thread cannot be stopped, so the process has to end at once, without destroying anything.
  void turn(Duration at_most);

  /// Interrupts the steps and waits for the calls that run; nothing of this runner runs afterwards, and it may only be
  /// destroyed. Waits as long as a call may be out before it hangs, but no longer than until `gives_up`, which is asked
  /// again and again on this thread while calls are out. Throws HungError, as `turn` does, when some are still out.
  void stop(const std::function<bool()>& gives_up);

  /// Stops claiming. Moving runs go on until they end or wait.
  void drain();
  /// After drain(): nothing moves any more, unstarted events are given back and every end is archived.
  bool drained() const;
  /// Nothing to claim, nothing moving, nothing waiting.
  bool idle() const;

  RunnerStatus status() const;
  /// Longer than `status`: for a few times a second.
  Measures measures() const;

 private:
  class Parts;
  std::unique_ptr<Parts> parts_;
  Lanes& lanes_;
};

}  // namespace pawl::engine
