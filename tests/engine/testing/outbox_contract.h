// What every outbox promises, as sections that each implementation's test case runs.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/ports/outbox.h"

namespace pawl::engine {

/// An event that has left the outbox.
struct ArchivedEvent {
  std::string id;
  RunStatus status = RunStatus::kDone;
  std::string reason;
  std::string payload;
  bool operator==(const ArchivedEvent&) const = default;
};

/// A table of events, with its producers, its operators and the clock that judges leases.
class OutboxWorld {
 public:
  virtual ~OutboxWorld() = default;

  /// Writes an event and returns its id.
  virtual std::string emit(const std::string& type, const std::string& payload) = 0;
  /// Writes an event in a transaction that commits when `meanwhile` has returned.
  virtual std::string emit_late(const std::string& type, const std::function<void()>& meanwhile) = 0;
  /// Events of the type have a run in this workflow from now on, as a migration sees to.
  virtual void add_workflow(const std::string& type, const std::string& workflow) = 0;
  /// The outbox over the table of a worker that runs these workflows, not open yet. It does not outlive this world.
  virtual std::unique_ptr<Outbox> worker(const std::vector<std::string>& workflows) = 0;
  /// The leases of this epoch are over.
  virtual void expire(std::int64_t epoch) = 0;
  /// An operator asks that the failed event's run goes on; false where it may not.
  virtual bool resume(const std::string& id) = 0;
  /// An operator cancels the unfinished run, or wants its retries now; false where it may not.
  virtual bool cancel(const std::string& id, const std::string& note) = 0;
  virtual bool retry_now(const std::string& id) = 0;
  /// In order of position.
  virtual std::vector<ArchivedEvent> archive() = 0;
};

/// Makes an empty one; called at least once a section.
using MakeOutboxWorld = std::function<std::unique_ptr<OutboxWorld>()>;

/// The whole of it, as sections. Call from a TEST_CASE.
void check_contract(const MakeOutboxWorld& make);

}  // namespace pawl::engine
