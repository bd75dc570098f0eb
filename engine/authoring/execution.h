// One execution of one step in one run, with its typed input and output behind a small untyped face.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "engine/authoring/clock.h"
#include "engine/authoring/failure.h"
#include "engine/faults/work_count.h"

namespace pawl::engine {

class StepBase;
struct RunState;
struct StartedGroup;

// How an attempt ended. No alternative set means that the step forgot the item.
struct Unsettled {};
struct Succeeded {
  std::string json;
  bool accepted = true;  ///< The service behind the step took the item; false: it was not asked.
};
// What a failure's `code` is: see Failure.
struct FailedForGood {
  std::string reason;
  std::string code{};
};
struct FailedForNow {
  std::string reason;
  Duration after{0};  ///< At least this long until the next attempt; 0 leaves it to the policy.
  std::string code{};
};
/// Between two probes of a paused step; doubling.
struct ProbeWaits {
  Duration first = std::chrono::seconds{1};
  Duration longest = std::chrono::seconds{30};
};
struct ServiceDown {
  std::string reason;
  ProbeWaits waits{};
};
struct Refused {
  std::string reason;
  std::string subject;         ///< Whose item it is: refusals of one subject are its own, of several the service's.
  bool names_account = false;  ///< In words about our account with the service, not about the item.
  std::string code{};
};
/// The call failed, and it is unclear over which of its items, while the service answers other calls.
struct CallRefused {
  std::string reason;
  std::size_t items = 0;    ///< That the call was about.
  bool one_tenant = false;  ///< All of them are one tenant's.
  bool presumed = false;    ///< It is the service's refusal, unless others are accepted.
};
/// What a step remarks of an attempt for those who count, however it ended.
enum class Remark {
  kNone,
  kInDoubt,     ///< Its effect may have happened or not.
  kSuppressed,  ///< Its effect is not wanted any more, or there is nobody to have it.
};
using Outcome = std::variant<Unsettled, Succeeded, FailedForGood, FailedForNow, ServiceDown, Refused, CallRefused>;

/// Owned by its run. The engine thread owns every field, except between handing the execution to a lane and the
/// lane's report, when the lane may read all and write `outcome` and the typed output.
class Execution {
 public:
  enum class Phase {
    kQueued,      ///< Ready, in its step's queue.
    kInFlight,    ///< A lane has it.
    kSettling,    ///< Ended; the checkpoint is not durable yet.
    kBackingOff,  ///< Failed for now; `retry_at` says when it is ready again.
    kHeld,        ///< Its step's circuit is open.
    kSucceeded,   ///< Durable.
    kFailed,      ///< Durable, with `error` as the reason.
    kAbandoned,   ///< Its run was cancelled before it settled: it is never tried again.
  };

  static constexpr std::size_t kPhases = 8;

  /// Counted by its run as long as it lives, which is no longer than the run does.
  Execution(RunState& run, const StepBase& step, std::string key);
  virtual ~Execution();
  Execution(const Execution&) = delete;
  Execution& operator=(const Execution&) = delete;

  /// Takes the output from its checkpoint. Throws nlohmann's exceptions where the text no longer fits the type.
  virtual void restore(const std::string& json) = 0;

  Phase phase() const {
    count_look();
    return phase_;
  }
  /// Its run and its group keep count. Before it backs off, `retry_at` says until when.
  void enter(Phase phase);
  bool settled() const { return phase() == Phase::kSucceeded || phase_ == Phase::kFailed; }
  /// Nothing more comes of it.
  bool over() const { return settled() || phase_ == Phase::kAbandoned; }

  RunState* run;
  const StepBase* step;
  std::string key;
  StartedGroup* group = nullptr;  ///< Those that it was started with.
  int attempt = 1;                ///< The current attempt, or the next one while backing off.
  int uncharged = 0;              ///< Of the attempts before it: those that its retry policy does not count.
  Duration age{0};                ///< What its earlier attempts took, and the waits after them as planned.
  Timestamp started_at{};
  Timestamp failed_at{};  ///< Of the attempt before, where a checkpoint told of it.
  Timestamp retry_at{};
  std::string error;
  FailureClass failure = FailureClass::kNone;  ///< Once it has failed for good.
  std::string failure_code;
  bool last_attempt = false;  ///< Its run was cancelled: unless this attempt settles it, it is abandoned.
  int thrown_by = 0;          ///< The number of the await that threw over its failure first; 0: none has.
  Outcome outcome;
  Remark remark = Remark::kNone;

 private:
  void leave_phase();

  Phase phase_ = Phase::kQueued;
  Timestamp listed_until_{};  ///< Under which its run lists it while it backs off.
};

/// The run whose effects these are, which is the execution's own but for reruns: with step and key it identifies an
/// effect.
const std::string& effects_id_of(const Execution& execution);
/// The name of the workflow that the run is of.
const std::string& workflow_of(const Execution& execution);
/// Whose event the run's is: as its producer said, else what the event is about.
const std::string& tenant_of_event(const Execution& execution);
/// Whether its effect may be there already: from an earlier attempt, an earlier delivery, before a resume, or from the
/// run of which this is a rerun.
bool may_be_repeated(const Execution& execution);

/// The JSON that a checkpoint holds of an output, and that `restore` reads. For a type of which each event writes one,
/// its namespace may overload this beside the conversions, to write the same text for less.
template <class Out>
std::string to_checkpoint(const Out& output) {
  return nlohmann::json(output).dump();
}

template <class In, class Out>
class TypedExecution final : public Execution {
 public:
  TypedExecution(RunState& run, const StepBase& step, std::string key, const In& input)
      : Execution(run, step, std::move(key)), input(input) {}

  void restore(const std::string& json) override { output = nlohmann::json::parse(json).template get<Out>(); }

  const In input;
  std::optional<Out> output;
};

}  // namespace pawl::engine
