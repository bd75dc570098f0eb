// What the engine tells the outside as it happens: one struct, for logs and progress.
#pragma once

#include <string_view>

#include "engine/authoring/event.h"

namespace pawl::engine {

enum class NoticeKind {
  kRunStarted,
  kRunResumed,     ///< Taken up again after a restart, a redelivery or by an operator.
  kRunEnded,       ///< `detail` is the reason, `status` in `subject`.
  kRunCancelled,   ///< An operator's cancellation was seen, and is on record. `detail` says whose and why.
  kRetryNow,       ///< An operator wants its retries now. `detail` says who and why.
  kRunMisfit,      ///< Another build began it; it waits for that. `detail` says what does not fit.
  kRunsLeft,       ///< Runs of the store, `detail` many, whose workflows this worker does not run; once, at start.
  kRunsPruned,     ///< Ended runs, `detail` many, were older than the store keeps them.
  kAttemptFailed,  ///< Another attempt follows.
  kStepFailed,     ///< For good.
  kCircuitOpened,  ///< `step` is paused; `detail` says why.
  kCircuitClosed,
  kOutboxDown,  ///< `detail` says why; retried with backoff.
  kOutboxUp,
  kCheckpointsDown,  ///< Nothing new starts until the store can write again.
  kCheckpointsUp,
};

/// Views are valid only during the call. Fields that do not apply are empty or 0.
struct Notice {
  NoticeKind kind;
  std::string_view run_id;
  std::string_view workflow;
  std::string_view step;
  std::string_view key;
  int attempt = 0;
  std::string_view subject;
  std::string_view detail;
  std::string_view event_id{};
  std::string_view traceparent{};  ///< Event's.
};

/// About a run.
inline Notice notice_of(NoticeKind kind, const Event& event, std::string_view subject, std::string_view detail) {
  return {.kind = kind,
          .run_id = event.id,
          .workflow = event.workflow,
          .step = {},
          .key = {},
          .subject = subject,
          .detail = detail,
          .event_id = event.further_run_of.empty() ? event.id : event.further_run_of,
          .traceparent = event.traceparent};
}

/// Called on the engine's thread; must not block and must not throw.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void on(const Notice& notice) = 0;
};

}  // namespace pawl::engine
