// A declared step: its name on disk, its limits, and the code that executes a batch of its items.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/authoring/batch.h"
#include "engine/authoring/execution.h"
#include "engine/authoring/retry_policy.h"

namespace pawl::engine {

struct StepOptions {
  RetryPolicy retry{};
  std::size_t batch_max = 500;  ///< Items of one `execute` call; all calls together have half of the window's runs.
  std::size_t parallelism = 1;  ///< `execute` calls at the same time, each on a thread of its own.
  double rate = 0;              ///< Items a second over all threads (token bucket); 0 means no limit.
  std::size_t refused_subjects_max = 3;  ///< So many refused, none accepted since: it is the service's refusal.
  Duration longest_call{0};              ///< A call may honestly take so long; it counts as hung `hang_after` later.
};

/// The untyped face of a step. The engine keeps references to steps: they outlive the runner.
class StepBase {
 public:
  StepBase(std::string name, StepOptions options) : name_(std::move(name)), options_(options) {}
  virtual ~StepBase() = default;
  StepBase(const StepBase&) = delete;
  StepBase& operator=(const StepBase&) = delete;

  /// Verb-first kebab-case; on disk for ever.
  const std::string& name() const { return name_; }
  const StepOptions& options() const { return options_; }

  /// Runs on a lane of this step. Leaves an outcome in every execution, or throws with some unsettled.
  virtual void execute_untyped(std::span<Execution* const> executions) = 0;

  /// Whose item it is, as far as is known before it is tried. While the service refuses everybody, items
  /// of those not yet refused find out first whether it still does. A tenant with whom calls fail gets calls of its
  /// own.
  virtual std::string tenant_of(const Execution& execution) const { return tenant_of_event(execution); }

  /// Where its item goes behind the service, as far as is known before it is tried; empty where that is not known. A
  /// destination that is refused while others are accepted keeps nobody else's items waiting.
  virtual std::string destination_of(const Execution&) const { return {}; }

  /// Asks the service behind the step for nothing, by the same statements: throws as `execute` would if the service
  /// refuses whatever it is asked for. Called on a lane when a call failed that may have been refused over its items.
  virtual void check_service() {}

  /// Changes when the service may have been set right, as by a new password: a paused step then probes at once. Asked
  /// once a second while it is paused, on the engine's thread; must not block for long.
  virtual std::string service_version() const { return {}; }

  /// The lease is lost or the process ends: whatever `execute` call runs now is to come back soon, best by throwing a
  /// LeaseLostError (any other exception would split the batch), since nobody waits for its outcome. Called on the
  /// engine's thread while calls run, repeatedly until they have ended; must not block. Concerns no call that begins
  /// later, under a new runner.
  virtual void interrupt() {}

 private:
  std::string name_;
  StepOptions options_;
};

/// Bytes of one output as its checkpoint holds it.
inline constexpr std::size_t kOutputMax = 1024 * 1024;

/// Derive from it, name the step in the constructor, and write `execute`. `In` and `Out` are plain structs; `Out` has
/// nlohmann_json conversions, since it is what the checkpoint holds. An output of more than kOutputMax bytes fails its
/// item for good, though its effect has happened: put what is large elsewhere, and return where.
template <class In, class Out>
class Step : public StepBase {
 public:
  using StepBase::StepBase;

  /// Tells the items of a fan-out apart inside a run; on disk for ever. The empty default allows one item a run.
  virtual std::string key(const In&) const { return {}; }

  /// Whose item it is, where the event does not tell; the empty default leaves it to the event.
  virtual std::string tenant(const In&) const { return {}; }
  std::string tenant_of(const Execution& execution) const final {
    std::string own = tenant(static_cast<const TypedExecution<In, Out>&>(execution).input);
    return own.empty() ? tenant_of_event(execution) : own;
  }

  /// Where the item goes behind the service, as a mail's domain; see `destination_of`.
  virtual std::string destination(const In&) const { return {}; }
  std::string destination_of(const Execution& execution) const final {
    return destination(static_cast<const TypedExecution<In, Out>&>(execution).input);
  }

  /// Settles every item of the batch. Called on up to `parallelism` threads at once. An exception settles whatever is
  /// unsettled: UnavailableError and RefusedError open the circuit (where it is unclear whom they concern, each tenant
  /// of the batch is tried alone first), PermanentError fails, any other splits the batch until the item that throws is
  /// alone, whose attempt then failed.
  virtual void execute(Batch<In, Out>& batch) = 0;

  void execute_untyped(std::span<Execution* const> executions) final {
    Batch<In, Out> batch(executions);
    execute(batch);
  }
};

}  // namespace pawl::engine
