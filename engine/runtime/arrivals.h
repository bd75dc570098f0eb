// Events as they are delivered: each is given its run, new, known or ended.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/port_calls/intake.h"
#include "engine/runtime/run_life.h"

namespace pawl::engine {

/// Engine's thread only.
class Arrivals {
 public:
  /// What it needs, all of which outlives it.
  struct Uses {
    const std::vector<WorkflowDefinition>& workflows;
    const Clock& clock;
    Observer& observer;
    Journal& journal;
    RunTable& runs;
    RunLife& life;
  };

  explicit Arrivals(Uses uses) : use_(uses) {}

  /// New runs are numbered from here on.
  void number_from(RunNumber next) { next_run_ = next; }
  void arrive(Arrival arrival);
  /// The outbox does not have the event of a run that was found at start for us any more.
  void supersede(RunNumber run);

  std::uint64_t claimed() const { return claimed_; }

 private:
  void admit(const WorkflowDefinition& workflow, StoredRun stored);
  void arrive_new(Event event, const std::vector<StoredRun>& parent);
  void arrive_known(const Event& event, StoredRun stored);
  void arrive_again(RunState& run, const Event& event);
  void reopen(const Event& event, StoredRun stored);
  void resumed(const Event& event, StoredRun stored, std::string_view by);
  Timestamp now() const { return use_.clock.now(); }

  Uses use_;
  RunNumber next_run_ = 1;
  std::uint64_t claimed_ = 0;
};

}  // namespace pawl::engine
