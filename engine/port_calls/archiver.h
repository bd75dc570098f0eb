// Finishes events in the outbox once their run's end is durable.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/port_calls/backoff.h"
#include "engine/ports/lanes.h"
#include "engine/ports/outbox.h"

namespace pawl::engine {

/// What the payload of a finished event is when it comes to the archiver.
enum class EndedPayload {
  kToArchive,  ///< What takes the place of the emitted one; empty: that stays.
  kEmitted,    ///< As the outbox has it: redacted, and sent only where that changes it.
  kStored,     ///< What the store kept of it: redacted, and takes the emitted one's place, changed or not.
};

/// Engine's thread only; its calls to the outbox run on one lane, one at a time, and redact payloads there. What it
/// sends as a payload is JSON that the outbox takes: any other text goes as a JSON string.
class Archiver {
 public:
  using Redact = std::function<std::optional<std::string>(const std::string& payload)>;  ///< RunnerOptions'.
  /// Of one call; at least one event.
  struct Limits {
    std::size_t events = 0;
    std::size_t payloads = 0;  ///< Bytes.
  };

  Archiver(Outbox& outbox, Lanes& lanes, LaneId lane, const Clock& clock, Limits most, Jitter& jitter, Redact redact);

  void finish(FinishedEvent event, EndedPayload payload);
  /// Archives what is pending.
  void turn(Timestamp now);

  bool empty() const { return pending_.empty() && !busy_; }
  /// When `turn` has something to do; none while a call is under way.
  std::optional<Timestamp> due_at(Timestamp now) const;
  const Backoff& backoff() const { return backoff_; }
  const std::string& lease_lost() const { return lost_; }
  /// Bytes of the payloads that are pending or with a call.
  std::size_t payloads() const { return payloads_; }

 private:
  struct Pending {
    FinishedEvent event;
    EndedPayload payload = EndedPayload::kToArchive;
  };
  struct Call {
    std::vector<FinishedEvent> events;
    std::vector<EndedPayload> payloads;  ///< Of each of the events.
    std::size_t bytes = 0;               ///< Of their payloads, when it was submitted.
    Timestamp began{};
    std::string error;
    bool lost = false;
  };

  static void perform(Outbox& outbox, const Redact& redact, Call& call);
  std::shared_ptr<Call> next_call(Timestamp now);
  void add(FinishedEvent event, EndedPayload payload);
  void performed(const std::shared_ptr<Call>& call);

  Outbox& outbox_;
  Lanes& lanes_;
  LaneId lane_;
  const Clock& clock_;
  const Limits most_;
  const Redact redact_;
  std::size_t limit_;  ///< Events of the next batch.
  std::vector<Pending> pending_;
  std::size_t payloads_ = 0;
  bool busy_ = false;
  Timestamp rested_at_{};
  Backoff backoff_;
  std::string lost_;
};

}  // namespace pawl::engine
