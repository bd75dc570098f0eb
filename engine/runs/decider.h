// What happens next to an execution and to a run: pure, with no clock, no database and no thread.
#pragma once

#include <string>

#include "engine/authoring/execution.h"
#include "engine/authoring/failure.h"
#include "engine/authoring/retry_policy.h"

namespace pawl::engine {

/// What is known when an attempt has ended.
struct AttemptFacts {
  int attempt = 1;
  Duration age{0};  ///< Since the first attempt began, without the time that the step was paused or the worker down.
  Timestamp now{};
  double jitter = 0;               ///< Uniform in [0, 1).
  bool paused = false;             ///< The step's circuit is open,
  bool everybody_refused = false;  ///< since its service refuses everybody.
  int uncharged = 0;               ///< Of the attempts before this one.
};

/// What becomes of the execution.
struct Verdict {
  enum class Kind {
    kSucceed,   ///< `text` is the output.
    kFail,      ///< For good; `text` is the reason.
    kRetry,     ///< At `retry_at`; `text` is the error.
    kHold,      ///< When the step's circuit closes, as the same attempt; `text` is the error.
    kTryApart,  ///< At once and as the same attempt, but not beside the same others; `text` is the error.
  };
  Kind kind = Kind::kFail;
  std::string text;
  Timestamp retry_at{};
  FailureClass failure = FailureClass::kNone;  ///< Of kFail.
  std::string code{};                          ///< Of kFail and kRetry.
  bool charged = true;                         ///< Of kRetry: the attempt is one of those that the policy counts.
};

Verdict judge(Outcome outcome, const RetryPolicy& policy, const AttemptFacts& facts);

/// What is known of a run when something about it has changed.
struct RunFacts {
  bool returned = false;     ///< Its code has reached its end.
  bool can_advance = false;  ///< What its code awaits has settled.
  bool moving = false;       ///< Something is queued, in flight or about to be durable.
  bool waiting = false;      ///< Something backs off or is held by a circuit.
};

enum class NextMove {
  kAdvance,  ///< Resume its code.
  kLeave,    ///< Steps will report; nothing to do until then.
  kPark,     ///< Nothing moves: leave memory until something is due.
  kEnd,      ///< Its code has returned and every step it started has settled.
};

NextMove next_move(const RunFacts& facts);

}  // namespace pawl::engine
