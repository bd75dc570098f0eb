// An event as the outbox hands it to the engine, and how it ends there.
#pragma once

#include <cstdint>
#include <string>

#include "engine/authoring/boxed.h"
#include "engine/authoring/clock.h"
#include "engine/authoring/failure.h"

namespace pawl::engine {

/// An operator's word that a run is to end.
struct Cancellation {
  std::string by;    ///< Who asked.
  std::string note;  ///< Why; may be empty.
  Timestamp asked_at{};
};

/// What a run that rerun or requeue made has from the run that it was made from.
struct Lineage {
  std::string parent;        ///< The run that it was made from.
  std::string from_step{};   ///< It takes over what began in its parent no later than this step; empty: nothing.
  std::string effects_of{};  ///< The run under whose keys it does its effects; empty: its own.
  std::string stands_for{};  ///< The event that it stands for; empty: its own.
};

/// One row of the outbox that this worker has claimed: an event, for one of the workflows of its type.
struct Event {
  std::int64_t position = 0;  ///< The outbox's order, unique per row; a redelivery by `emit` has another position.
  std::string id;    ///< The run's UUID in its canonical text form: the event's, but for runs of further workflows.
  std::string type;  ///< For example `pms/connection.sync.failed`.
  std::string aggregate_type;  ///< What the event is about, for example `pms_connection`.
  std::string aggregate_id;
  std::string tenant;         ///< Whose event it is, if its producer said so.
  std::string payload;        ///< JSON text exactly as the outbox holds it; parsed by the workflow, never in SQL.
  std::int64_t left_out = 0;  ///< Bytes of a payload that is too large to be claimed, and empty here; else 0.
  Timestamp created_at{};
  int deliveries = 1;            ///< How often the event was claimed, this claim included.
  int resumes = 0;               ///< How often an operator has asked that its failed run goes on.
  std::string workflow{};        ///< Whose run it is.
  std::string further_run_of{};  ///< The event's own id, where that is not `id`; else empty.
  std::string traceparent{};     ///< Of the trace in which it was emitted (W3C Trace Context), where its headers say.
  Boxed<Cancellation> cancel{};  ///< Asked for before this delivery.
  Boxed<Lineage> lineage{};      ///< Of a run that was made from another.
};

/// What a run is called.
struct RunName {
  std::string run_id;
  std::string event_id;
  std::string workflow;
};

/// The event's id, for what the application has written about it: a run made by rerun or requeue has the id of the
/// event that it stands for.
inline const std::string& event_id(const Event& event) {
  if (!event.lineage->stands_for.empty()) return event.lineage->stands_for;
  return event.further_run_of.empty() ? event.id : event.further_run_of;
}

enum class RunStatus { kRunning, kWaiting, kDone, kFailed, kCancelled, kSuperseded };

/// The field's word for a status, the same in SQL, logs and the command line.
constexpr const char* to_string(RunStatus status) {
  switch (status) {
    case RunStatus::kRunning:
      return "running";
    case RunStatus::kWaiting:
      return "waiting";
    case RunStatus::kDone:
      return "done";
    case RunStatus::kFailed:
      return "failed";
    case RunStatus::kCancelled:
      return "cancelled";
    case RunStatus::kSuperseded:
      return "superseded";
  }
  return "?";
}

/// How a run ends that is cancelled: `cancelled by WHO: WHY`.
inline std::string reason_of(const Cancellation& cancellation) {
  std::string reason = "cancelled by ";
  reason.append(cancellation.by.empty() ? "an operator" : cancellation.by);
  if (!cancellation.note.empty()) reason.append(": ").append(cancellation.note);
  return reason;
}

/// Where a failed run may go on when an operator resumes it; kNowhere also of a run that is done though a step of it
/// failed.
enum class Resumable {
  kAnywhere,  ///< Its code acted on no failure: a worker with other checkpoints may do all of it again, under its keys.
  kHere,      ///< It has acted on some: only its own checkpoints know which, and keep them.
  kNowhere,   ///< It has acted on all and ended by itself: with nothing to forget it would end the same.
};

/// The words of SQL for it.
constexpr const char* to_string(Resumable resumable) {
  switch (resumable) {
    case Resumable::kAnywhere:
      return "anywhere";
    case Resumable::kHere:
      return "here";
    case Resumable::kNowhere:
      return "nowhere";
  }
  return "?";
}

/// A run whose end is durable, to be archived in the outbox.
struct FinishedEvent {
  std::int64_t position = 0;
  std::string run_id;
  RunStatus status = RunStatus::kDone;  ///< kDone, kFailed or kCancelled.
  std::string reason;                   ///< Why it failed, or what a `done` has to say; may be empty.
  Resumable resumable = Resumable::kAnywhere;
  std::string aggregate_id{};  ///< What is archived in place of the event's own; empty: that.
  std::string payload{};       ///< JSON that is archived in place of the payload; empty: that as it was emitted.
  std::int64_t withheld = 0;   ///< Bytes of a payload that no worker has read, so that it is not shown; else 0.
  Failure failure{};           ///< Of one that failed.
};

}  // namespace pawl::engine
